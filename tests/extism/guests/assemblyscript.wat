;; A plugin in the shape of AssemblyScript with Extism's PDK and `--use abort=…`: no import of `env`, a start function
;; that sets up the runtime's globals, an exported memory, and text as UTF-16. `length_of_greeting` returns the UTF-16
;; units of "Grüße, " plus the bytes of its input, one decimal digit, or the error "too long".
(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))

  (memory (export "memory") 1)
  ;; An object's header ends with its size in bytes, 4 bytes before its data.
  (data (i32.const 1036) ",\00\00\00\00\00\00\00\00\00\00\00\02\00\00\00\0e\00\00\00G\00r\00\fc\00\df\00e\00,\00 \00")
  (data (i32.const 1100) "too long")
  (global $greeting (mut i32) (i32.const 0))

  (func $~start (global.set $greeting (i32.const 1056)))
  (start $~start)

  (func $text (param $at i32) (param $size i32) (result i64) (local $handle i64) (local $i i32)
    (local.set $handle (call $alloc (i64.extend_i32_u (local.get $size))))
    (loop $next
      (call $store_u8
        (i64.add (local.get $handle) (i64.extend_i32_u (local.get $i)))
        (i32.load8_u (i32.add (local.get $at) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $size))))
    (local.get $handle))

  (func (export "length_of_greeting") (result i32) (local $units i32)
    (local.set $units
      (i32.add
        (i32.shr_u (i32.load (i32.sub (global.get $greeting) (i32.const 4))) (i32.const 1))
        (i32.wrap_i64 (call $input_length))))
    (if (i32.gt_u (local.get $units) (i32.const 9))
      (then
        (call $error_set (call $text (i32.const 1100) (i32.const 8)))
        (return (i32.const 1))))
    (i32.store8 (i32.const 1120) (i32.add (i32.const 48) (local.get $units)))
    (call $output_set (call $text (i32.const 1120) (i32.const 1)) (i64.const 1))
    (i32.const 0)))
