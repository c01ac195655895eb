;; A fluxrig gear that counts its messages in the plugin's state, under the key "count", a little-endian u64.
;; Each message is passed on as it came. Extended profile: it imports the state.
(module
  (import "env" "flux_kv_get" (func $get (param i32 i32) (result i64)))
  (import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 16)
  (data (i32.const 8) "count")

  ;; ---- memory: what is allocated lies end to end, and all of it is free again once every buffer was freed -----------
  (global $next (mut i32) (i32.const 1024))
  (global $alive (mut i32) (i32.const 0))

  (func $alloc (export "alloc") (param $len i32) (result i32) (local $at i32) (local $end i64)
    (local.set $at (global.get $next))
    (local.set $end (i64.add (i64.extend_i32_u (local.get $at)) (i64.add (i64.extend_i32_u (local.get $len)) (i64.const 8))))
    (if (i64.gt_u (local.get $end) (i64.const 1048576)) (then (return (i32.const 0)))) ;; 16 pages
    (block $fits (loop $grow
      (br_if $fits (i64.le_u (local.get $end) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))))
      (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
      (return (i32.const 0))))
    (global.set $next (i32.and (i32.wrap_i64 (local.get $end)) (i32.const -8)))
    (global.set $alive (i32.add (global.get $alive) (i32.const 1)))
    (local.get $at))

  (func $free (export "free") (param $ptr i32) (param $len i32)
    (global.set $alive (i32.sub (global.get $alive) (i32.const 1)))
    (if (i32.eqz (global.get $alive)) (then (global.set $next (i32.const 1024)))))

  ;; ---- the gear -----------------------------------------------------------------------------------------------------
  (func (export "process") (param $ptr i32) (param $len i32) (result i64) (local $count i64) (local $out i32)
    (local.set $count (call $get (i32.const 8) (i32.const 5)))
    (i64.store (i32.const 16) (i64.const 0)) ;; no count yet
    (if (i64.ne (local.get $count) (i64.const 0)) (then
      (i64.store (i32.const 16) (i64.load (i32.wrap_i64 (i64.shr_u (local.get $count) (i64.const 32)))))
      (call $free (i32.wrap_i64 (i64.shr_u (local.get $count) (i64.const 32))) (i32.const 8))))
    (i64.store (i32.const 16) (i64.add (i64.load (i32.const 16)) (i64.const 1)))
    (drop (call $put (i32.const 8) (i32.const 5) (i32.const 16) (i32.const 8)))
    (local.set $out (call $alloc (local.get $len)))
    (if (i32.eqz (local.get $out)) (then (unreachable)))
    (memory.copy (local.get $out) (local.get $ptr) (local.get $len))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $out)) (i64.const 32)) (i64.extend_i32_u (local.get $len)))))
