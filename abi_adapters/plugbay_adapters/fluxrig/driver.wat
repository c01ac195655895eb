;; The fluxrig driver: one message, or a batch, in one crossing (ABI sheet "fluxrig: the facts").
;;
;; It stands beside the guest, owns the mailbox (laid out in plugbay.engines.wasmtime.mailbox), and serves the guest's
;; imports. The guest's pointers are used with wasm's own bounds checks, so a wild one traps here and nowhere else.
(module $plugbay.fluxrig
  (import "guest" "memory" (memory $guest 0))
  (import "guest" "alloc" (func $alloc (param i32) (result i32)))
  (import "guest" "free" (func $free (param i32 i32)))
  (import "guest" "process" (func $process (param i32 i32) (result i64)))
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "host" "fetch" (func $fetch (param i32)))
  (import "slots" "table" (table $slots 8 funcref))

  ;; Slots: the functions that guests import, in the order of their exports below.
  (elem (i32.const 0) func $log $log_info $emit $emit $reject $kv_get $kv_put $req_http)
  (export "env.log" (func $log))
  (export "env.flux_log_info" (func $log_info))
  (export "env.emit" (func $emit))
  (export "env.flux_emit" (func $emit))
  (export "env.reject" (func $reject))
  (export "env.flux_kv_get" (func $kv_get))
  (export "env.flux_kv_put" (func $kv_put))
  (export "env.flux_req_http" (func $req_http))

  ;; Per message, beside what the shared text counts.
  (global $sent (mut i32) (i32.const 0))      ;; messages
  (global $rejected (mut i32) (i32.const 0))

  ;; include mailbox.wat
  ;; include buffers.wat

  ;; ---- what guests import -------------------------------------------------------------------------------------------
  (func $log_info (param $ptr i32) (param $len i32)
    (call $note (i32.const 2) (local.get $ptr) (local.get $len)))

  (func $emit (param $ptr i32) (param $len i32)
    (if (i32.and (i32.load $mailbox (i32.const 52)) (i32.const 2)) (then (call $stop (i32.const 4) (i32.const 0))))
    (if (i32.ge_u (global.get $sent) (i32.load $mailbox (i32.const 44)))
      (then (call $stop (i32.const 2) (i32.const 0))))
    (global.set $sent (i32.add (global.get $sent) (i32.const 1)))
    (call $spend (local.get $len))
    (call $append (i32.const 16) (local.get $ptr) (local.get $len)))

  ;; A reason costs its length and its header, or a guest could fill the mailbox with empty ones.
  (func $reject (param $ptr i32) (param $len i32)
    (global.set $rejected (i32.const 1))
    (call $spend (i32.const 8))
    (call $spend (local.get $len))
    (call $append (i32.const 17) (local.get $ptr) (local.get $len)))

  ;; ---- requests to the host -----------------------------------------------------------------------------------------
  ;; Ask the host about the request of $size bytes at the top. Answers bytes packed in the guest's memory, 0 for none.
  (func $ask (param $operation i32) (param $size i32) (result i64) (local $answer i64) (local $len i32) (local $ptr i32)
    (local.set $answer (call $service (local.get $operation) (call $top) (local.get $size)))
    (if (i64.lt_s (local.get $answer) (i64.const 0)) (then (return (i64.const 0))))
    (local.set $len (i32.wrap_i64 (local.get $answer)))
    (local.set $ptr (call $alloc (local.get $len)))
    (if (i32.eqz (local.get $ptr)) (then (return (i64.const 0))))
    (if (i32.eqz (call $in_guest (local.get $ptr) (local.get $len)))
      (then (call $stop (i32.const 7) (local.get $len))))
    ;; alloc may have logged: the top is read again.
    (call $reserve (i32.add (call $top) (local.get $len)))
    (call $fetch (call $top))
    (memory.copy $guest $mailbox (local.get $ptr) (call $top) (local.get $len))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32)) (i64.extend_i32_u (local.get $len))))

  ;; Put guest bytes at the top plus $at, without moving the top. 0 when they are more than a guest may hand over.
  (func $stage (param $at i32) (param $ptr i32) (param $len i32) (result i32)
    (if (i32.gt_u (local.get $len) (i32.load $mailbox (i32.const 36))) (then (return (i32.const 0))))
    (call $reserve (i32.add (i32.add (call $top) (local.get $at)) (local.get $len)))
    (memory.copy $mailbox $guest (i32.add (call $top) (local.get $at)) (local.get $ptr) (local.get $len))
    (i32.const 1))

  ;; Two byte strings: u32 length of the first, the first, the second. The size of the request, 0 when too large.
  (func $stage_pair (param $a i32) (param $a_len i32) (param $b i32) (param $b_len i32) (result i32)
    (call $reserve (i32.add (call $top) (i32.const 4)))
    (i32.store $mailbox (call $top) (local.get $a_len))
    (if (i32.eqz (call $stage (i32.const 4) (local.get $a) (local.get $a_len))) (then (return (i32.const 0))))
    (if (i32.eqz (call $stage (i32.add (i32.const 4) (local.get $a_len)) (local.get $b) (local.get $b_len)))
      (then (return (i32.const 0))))
    (i32.add (i32.const 4) (i32.add (local.get $a_len) (local.get $b_len))))

  (func $kv_get (param $key i32) (param $key_len i32) (result i64)
    (if (i32.eqz (call $stage (i32.const 0) (local.get $key) (local.get $key_len))) (then (return (i64.const 0))))
    (call $ask (i32.const 1) (local.get $key_len)))

  (func $kv_put (param $key i32) (param $key_len i32) (param $value i32) (param $value_len i32) (result i32)
    (local $size i32)
    (local.set $size (call $stage_pair (local.get $key) (local.get $key_len) (local.get $value) (local.get $value_len)))
    (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
    (i64.ne (i64.const 0) (call $service (i32.const 2) (call $top) (local.get $size))))

  (func $req_http (param $url i32) (param $url_len i32) (param $body i32) (param $body_len i32) (result i64)
    (local $size i32)
    (local.set $size (call $stage_pair (local.get $url) (local.get $url_len) (local.get $body) (local.get $body_len)))
    (if (i32.eqz (local.get $size)) (then (return (i64.const 0))))
    (call $ask (i32.const 3) (local.get $size)))

  ;; ---- one message --------------------------------------------------------------------------------------------------
  ;; The message of $n bytes at $in; a gear has one function.
  (func $one (param $in i32) (param $n i32) (param $reuse i32) (param $function i32) (result i32)
    (local $p i32) (local $status i32) (local $result i64)
    (call $begin)
    (global.set $sent (i32.const 0))
    (global.set $rejected (i32.const 0))
    (local.set $p (call $alloc (local.get $n)))
    (local.set $status (call $give (local.get $p) (local.get $in) (local.get $n)))
    (if (local.get $status) (then (return (call $finish (call $top) (local.get $n) (local.get $status)))))
    (call $reuse_input (local.get $reuse))
    (local.set $result (call $process (local.get $p) (local.get $n)))
    (call $deliver (local.get $p) (local.get $n)
      (i32.wrap_i64 (i64.shr_u (local.get $result) (i64.const 32))) (i32.wrap_i64 (local.get $result))))

  ;; Take the result of $k bytes at $q to the mailbox and free both buffers.
  (func $deliver (param $p i32) (param $n i32) (param $q i32) (param $k i32) (result i32)
    (local $at i32) (local $status i32)
    (if (i32.eqz (local.get $k)) (then
      (local.set $at (call $top))
      (call $free (local.get $p) (local.get $n))
      (return (call $finish (local.get $at) (i32.const 0) (i32.add (i32.const 1) (global.get $rejected))))))
    (local.set $status (call $refuse_beside (local.get $q) (local.get $k) (local.get $p) (local.get $n)))
    (if (local.get $status) (then (return (call $finish (call $top) (local.get $k) (local.get $status)))))
    (local.set $at (call $take (local.get $q) (local.get $k)))
    (call $free (local.get $p) (local.get $n))
    (call $free (local.get $q) (local.get $k))
    (call $finish (local.get $at) (local.get $k) (i32.shl (global.get $rejected) (i32.const 1)))))
