;; Answers with 4 GiB from the middle of nowhere.
(func $attack (result i64)
  (call $pack (i32.const 0xdeadbeef) (i32.const 0xffffffff)))
