;; A Reflow actor in the shape that TinyGo gives it for WASI: `_start` beside the actor's own exports, an allocator and
;; asyncify for the module's own use, and six imports of WASI. Nothing of it is Reflow's: a host has to leave `_start`
;; alone, as libextism does, and look past the rest.
;; `process` tells whether `_start` ran and counts the calls of this instance, up to 9; without input it panics as
;; TinyGo does: text on standard output, then a trap.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "alloc" (func $extism_alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))

  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 65536))
  (global $started (mut i32) (i32.const 0))
  (global $calls (mut i32) (i32.const 0))
  (global $asyncify (mut i32) (i32.const 0))

  ;; An iovec of the panic's text at 0, the number of bytes written at 8, results of WASI from 16.
  (data (i32.const 0) "\00\02\00\00\1f\00\00\00")
  (data (i32.const 512) "panic: runtime error: no input\n")
  (data (i32.const 1024)
    "{\"component\":\"TinyGo\",\"description\":\"In the shape of TinyGo\","
    "\"inports\":[{\"name\":\"in\",\"description\":\"\",\"port_type\":\"Flow\",\"required\":false}],"
    "\"outports\":[{\"name\":\"started\",\"description\":\"\",\"port_type\":\"Boolean\",\"required\":false}],"
    "\"config_schema\":null}")
  (data (i32.const 2048) "{\"outputs\":{\"started\":{\"type\":\"Boolean\",\"data\":false}},\"state\":{\"calls\":0}}")
  (data (i32.const 2304) "true ")

  (func (export "malloc") (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get $size)) (i32.const 15)) (i32.const -16))))
  (func (export "free") (param i32))
  (func (export "calloc") (param i32 i32) (result i32) (unreachable))
  (func (export "realloc") (param i32 i32) (result i32) (unreachable))

  (func (export "_start")
    (global.set $started (i32.const 1))
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call $args_get (i32.const 32) (i32.const 64))))

  (func (export "asyncify_start_unwind") (param i32) (global.set $asyncify (i32.const 1)))
  (func (export "asyncify_stop_unwind") (global.set $asyncify (i32.const 0)))
  (func (export "asyncify_start_rewind") (param i32) (global.set $asyncify (i32.const 2)))
  (func (export "asyncify_stop_rewind") (global.set $asyncify (i32.const 0)))
  (func (export "asyncify_get_state") (result i32) (global.get $asyncify))

  (func $output (param $at i32) (param $size i32) (local $handle i64) (local $i i32)
    (local.set $handle (call $extism_alloc (i64.extend_i32_u (local.get $size))))
    (loop $next
      (call $store_u8
        (i64.add (local.get $handle) (i64.extend_i32_u (local.get $i)))
        (i32.load8_u (i32.add (local.get $at) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $size))))
    (call $output_set (local.get $handle) (i64.extend_i32_u (local.get $size))))

  (func (export "get_metadata") (result i32)
    (call $output (i32.const 1024) (i32.const 249))
    (i32.const 0))

  (func (export "process") (result i32)
    (if (i64.eqz (call $input_length))
      (then
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (unreachable)))
    (if (call $clock_time_get (i32.const 0) (i64.const 1000) (i32.const 16)) (then (call $proc_exit (i32.const 2))))
    (if (call $random_get (i32.const 24) (i32.const 8)) (then (call $proc_exit (i32.const 3))))
    (if (global.get $started) (then (memory.copy (i32.const 2095) (i32.const 2304) (i32.const 5))))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store8 (i32.const 2120) (i32.add (i32.const 48) (i32.rem_u (global.get $calls) (i32.const 10))))
    (call $output (i32.const 2048) (i32.const 75))
    (i32.const 0)))
