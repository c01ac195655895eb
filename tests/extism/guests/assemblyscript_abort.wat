;; What AssemblyScript makes without `--use abort=…`: the module asks for `env.abort`, which no Extism host has.
(module
  (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (memory (export "memory") 1)
  (func (export "refuse_empty") (result i32)
    (if (i64.eqz (call $input_length))
      (then
        (call $abort (i32.const 0) (i32.const 0) (i32.const 12) (i32.const 5))
        (unreachable)))
    (i32.const 0)))
