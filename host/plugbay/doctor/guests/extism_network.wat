;; Asks for the network, which nobody granted.
(import "extism:host/env" "http_request" (func $http_request (param i64 i64) (result i64)))
(data (i32.const 0) "{\22url\22:\22http://169.254.169.254/\22}")
(func $attack (result i32)
  (drop (call $http_request (call $block (i32.const 0) (i32.const 33)) (i64.const 0)))
  (i32.const 0))
