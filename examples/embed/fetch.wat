;; The shortest gear that uses HTTP: a raw call takes a URL and returns the response, {status, headers, body} in CBOR,
;; or nothing when the request was refused or failed. Extended profile.
(module
  (import "env" "flux_req_http" (func $request (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "alloc") (param $len i32) (result i32)
    (if (i64.gt_u (i64.add (i64.extend_i32_u (global.get $next)) (i64.extend_i32_u (local.get $len))) (i64.const 65536))
      (then (return (i32.const 0))))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $len))))
  (func (export "free") (param i32 i32) (global.set $next (i32.const 1024))) ;; one message at a time
  (func (export "process") (param $url i32) (param $len i32) (result i64)
    (call $request (local.get $url) (local.get $len) (i32.const 0) (i32.const 0))))
