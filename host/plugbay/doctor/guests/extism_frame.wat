;; What the doctor's Extism guests have in common: an honest echo for every input that is short. One of 256 bytes or more
;; is answered by $attack, which a guest's own file defines; what it returns is the call's return code.
(module $doctor
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  ;; (the guest's file comes here)
  (memory (export "memory") 1)
  (func (export "process") (result i32)
    (if (i64.ge_u (call $input_length) (i64.const 256)) (then (return (call $attack))))
    (call $output_set (call $input_offset) (call $input_length))
    (i32.const 0))
  ;; A block of Extism's memory with bytes of the guest's own.
  (func $block (param $from i32) (param $size i32) (result i64) (local $block i64) (local $at i32)
    (local.set $block (call $alloc (i64.extend_i32_u (local.get $size))))
    (loop $next
      (call $store_u8 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))
                      (i32.load8_u (i32.add (local.get $from) (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $size))))
    (local.get $block)))
