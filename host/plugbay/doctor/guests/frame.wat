;; What all of the doctor's guests have in common: an allocator, and an honest echo for every message that is short.
;; A message of 256 bytes or more is answered by $attack, which a guest's own file defines.
(module $doctor
  ;; (the guest's file comes here)
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 65536))
  (func (export "alloc") (param $n i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $n))))
  (func (export "free") (param $p i32) (param $n i32)
    (global.set $heap (i32.const 65536)))
  (func (export "process") (param $p i32) (param $n i32) (result i64)
    (if (i32.ge_u (local.get $n) (i32.const 256)) (then (return (call $attack))))
    (memory.copy (i32.const 1024) (local.get $p) (local.get $n))
    (call $pack (i32.const 1024) (local.get $n)))
  (func $pack (param $pointer i32) (param $length i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $pointer)) (i64.const 32)) (i64.extend_i32_u (local.get $length)))))
