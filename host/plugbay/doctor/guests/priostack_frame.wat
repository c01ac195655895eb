;; What the doctor's byte functions have in common, in AssemblyScript's convention: an honest echo for every input that is
;; short. One of 256 bytes or more is answered by $attack, which a guest's own file defines; it returns an object.
(module $doctor
  ;; (the guest's file comes here)
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))
  (func (export "__new") (param $n i32) (param $id i32) (result i32)
    (i32.store (global.get $heap) (local.get $id))
    (i32.store offset=4 (global.get $heap) (local.get $n))
    (i32.add (global.get $heap) (i32.const 8)))
  (func (export "__pin") (param $object i32) (result i32) (local.get $object))
  (func (export "__unpin") (param i32))
  (func (export "__collect"))
  (func (export "process") (param $object i32) (result i32)
    (if (i32.ge_u (i32.load (i32.sub (local.get $object) (i32.const 4))) (i32.const 256))
      (then (return (call $attack))))
    (local.get $object)))
