;; A byte function of the convention packed: an echo, and a failure for what begins with an X.
(module
  (import "env" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))
  (func $alloc (export "alloc") (param $n i32) (result i32)
    (global.set $heap (i32.add (global.get $heap) (local.get $n)))
    (i32.sub (global.get $heap) (local.get $n)))
  (func (export "free") (param i32 i32) (global.set $heap (i32.const 1024)))
  (func (export "echo") (param $p i32) (param $n i32) (result i64) (local $q i32)
    (call $log (i32.const 1) (local.get $p) (local.get $n))
    (local.set $q (call $alloc (local.get $n)))
    (memory.copy (local.get $q) (local.get $p) (local.get $n))
    (i64.or
      (i64.shl (i64.extend_i32_u (i32.eq (i32.load8_u (local.get $p)) (i32.const 88))) (i64.const 63))
      (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32)) (i64.extend_i32_u (local.get $n))))))
