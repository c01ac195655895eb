;; Calls itself until the stack is full.
(func $attack (result i64)
  (i64.add (i64.const 1) (call $attack)))
