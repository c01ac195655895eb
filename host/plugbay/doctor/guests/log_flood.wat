;; Logs the same kilobyte for ever.
(import "env" "log" (func $log (param $level i32) (param $pointer i32) (param $length i32)))
(func $attack (result i64)
  (loop $on (call $log (i32.const 2) (i32.const 0) (i32.const 1024)) (br $on))
  (unreachable))
