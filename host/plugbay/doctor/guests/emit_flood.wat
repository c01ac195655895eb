;; Sends the smallest message there is, an empty map, for ever.
(import "env" "emit" (func $emit (param $pointer i32) (param $length i32)))
(data (i32.const 0) "\a0")
(func $attack (result i64)
  (loop $on (call $emit (i32.const 0) (i32.const 1)) (br $on))
  (unreachable))
