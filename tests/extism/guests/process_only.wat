;; An actor older than `get_metadata`, in the shape of Rust's: only `memory` and `process` are exported. `process` sends
;; nothing and keeps the state.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 17)
  (data (i32.const 1048576) "{\"outputs\":{}}")
  (func (export "process") (result i32) (local $handle i64) (local $i i64)
    (local.set $handle (call $alloc (i64.const 14)))
    (call $store_u64 (local.get $handle) (i64.load (i32.const 1048576)))
    (local.set $i (i64.const 8))
    (loop $next
      (call $store_u8
        (i64.add (local.get $handle) (local.get $i))
        (i32.load8_u (i32.add (i32.const 1048576) (i32.wrap_i64 (local.get $i)))))
      (br_if $next (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 14))))
    (call $output_set (local.get $handle) (i64.const 14))
    (i32.const 0)))
