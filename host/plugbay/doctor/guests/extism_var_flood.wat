;; Keeps variable after variable, each of 64 KiB under a name of its own.
(import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
(func $attack (result i32) (local $name i32)
  (loop $on
    (i32.store (i32.const 0) (local.tee $name (i32.add (local.get $name) (i32.const 1))))
    (call $var_set (call $block (i32.const 0) (i32.const 4)) (call $alloc (i64.const 65536)))
    (br $on))
  (unreachable))
