;; A gear that never comes back.
(module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "free") (param i32 i32))
  (func (export "process") (param i32 i32) (result i64) (loop $for_ever (br $for_ever)) (unreachable)))
