;; Logs a block that is not there.
(import "extism:host/env" "log_info" (func $log_info (param i64)))
(func $attack (result i32)
  (call $log_info (i64.const 0x123456789))
  (i32.const 0))
