;; Sends messages of 64 KiB for ever.
(import "env" "emit" (func $emit (param $pointer i32) (param $length i32)))
(func $attack (result i64)
  (loop $on (call $emit (i32.const 0) (i32.const 65536)) (br $on))
  (unreachable))
