;; The driver of the convention "packed": (ptr, len) -> i64, one message, or a batch, in one crossing (ABI sheet "PrioStack
;; byte functions", "The calling conventions we host").
;;
;; It stands beside the guest, owns the mailbox (plugbay.engines.wasmtime.mailbox), and serves the guest's imports.
(module $plugbay.packed
  (import "guest" "memory" (memory $guest 0))
  (import "guest" "alloc" (func $alloc (param i32) (result i32)))
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "host" "fetch" (func $fetch (param i32)))
  (import "slots" "table" (table $slots 3 funcref))
  ;; include free

  ;; The functions that are called, put there by the host: a call's function is its slot, plus its kind << 8.
  (table $functions (export "functions") 16 funcref)

  ;; include mailbox.wat
  ;; include buffers.wat
  ;; include services.wat

  ;; ---- one message --------------------------------------------------------------------------------------------------
  (func $one (param $in i32) (param $n i32) (param $reuse i32) (param $function i32) (result i32)
    (local $p i32) (local $status i32) (local $result i64)
    (call $begin)
    (local.set $p (call $alloc (local.get $n)))
    (local.set $status (call $give (local.get $p) (local.get $in) (local.get $n)))
    (if (local.get $status) (then (return (call $finish (call $top) (local.get $n) (local.get $status)))))
    (call $reuse_input (local.get $reuse))
    (local.set $result (call_indirect $functions (param i32 i32) (result i64)
      (local.get $p) (local.get $n) (i32.and (local.get $function) (i32.const 0xff))))
    (call $deliver (local.get $p) (local.get $n)
      (i32.and (i32.wrap_i64 (i64.shr_u (local.get $result) (i64.const 32))) (i32.const 0x7fffffff))
      (i32.wrap_i64 (local.get $result))
      (i64.lt_s (local.get $result) (i64.const 0))))

  ;; Take the result of $k bytes at $q, an output or what went wrong, to the mailbox and free both buffers. Where there
  ;; are no bytes the pointer means nothing.
  (func $deliver (param $p i32) (param $n i32) (param $q i32) (param $k i32) (param $failed i32) (result i32)
    (local $at i32) (local $status i32)
    (if (local.get $k) (then
      (local.set $status (call $refuse_beside (local.get $q) (local.get $k) (local.get $p) (local.get $n)))
      (if (local.get $status) (then (return (call $finish (call $top) (local.get $k) (local.get $status)))))
      (if (local.get $failed)
        (then (call $report (local.get $q) (local.get $k)))
        (else
          (local.set $at (call $take (local.get $q) (local.get $k)))
          (local.set $status (call $output_status (local.get $at) (local.get $k)))))
      (call $free (local.get $q) (local.get $k))))
    (call $free (local.get $p) (local.get $n))
    (if (local.get $failed) (then (return (call $finish (call $top) (i32.const 0) (i32.const 3)))))
    (if (i32.eqz (local.get $k)) (then (return (call $finish (call $top) (i32.const 0) (i32.const 0)))))
    (call $finish (local.get $at) (local.get $k) (local.get $status))))
