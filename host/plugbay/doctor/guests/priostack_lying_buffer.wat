;; Returns a buffer that says it is longer than the memory.
(func $attack (result i32)
  (i32.store (i32.const 512) (i32.const 1))
  (i32.store (i32.const 516) (i32.const 0xfffffff0))
  (i32.const 520))
