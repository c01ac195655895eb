;; The driver of the convention "wasm-bindgen": (ptr, len) to a pointer and a length, as wasm-bindgen makes of
;; `fn(&[u8]) -> Vec<u8>` (ABI sheet "PrioStack byte functions"). One message, or a batch, in one crossing.
;;
;; The input belongs to the function, which frees it; the host frees the result alone. So the two may be the same bytes.
(module $plugbay.wasm_bindgen
  (import "guest" "memory" (memory $guest 0))
  (import "guest" "malloc" (func $malloc (param i32 i32) (result i32)))
  (import "guest" "free" (func $free (param i32 i32 i32)))
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "host" "fetch" (func $fetch (param i32)))
  (import "slots" "table" (table $slots 3 funcref))
  ;; include run

  ;; The functions that are called, put there by the host: a call's function is its slot, plus its kind << 8.
  (table $functions (export "functions") 16 funcref)

  ;; include mailbox.wat
  ;; include buffers.wat
  ;; include services.wat

  ;; ---- what wasm-bindgen's own code imports, under names that differ with its release ---------------------------------
  ;; Throw an error with a text. A wild pointer is a trap without one.
  (func $throw (param $ptr i32) (param $len i32)
    (if (call $in_guest (local.get $ptr) (local.get $len)) (then (call $report (local.get $ptr) (local.get $len))))
    (unreachable))

  ;; Make the table for JavaScript's objects ready: there are none.
  (func $no_objects)

  ;; include own_imports

  ;; ---- one message --------------------------------------------------------------------------------------------------
  (func $one (param $in i32) (param $n i32) (param $reuse i32) (param $function i32) (result i32)
    (local $p i32) (local $q i32) (local $k i32) (local $at i32) (local $status i32)
    (call $begin)
    (local.set $p (call $malloc (local.get $n) (i32.const 1)))
    (local.set $status (call $give (local.get $p) (local.get $in) (local.get $n)))
    (if (local.get $status) (then (return (call $finish (call $top) (local.get $n) (local.get $status)))))
    (call $reuse_input (local.get $reuse))
    (call $run (local.get $p) (local.get $n) (i32.and (local.get $function) (i32.const 0xff)))
    (local.set $k)
    (local.set $q)
    (if (i32.eqz (local.get $k)) (then (return (call $finish (call $top) (i32.const 0) (i32.const 0)))))
    (local.set $status (call $refuse (local.get $q) (local.get $k)))
    (if (local.get $status) (then (return (call $finish (call $top) (local.get $k) (local.get $status)))))
    (local.set $at (call $take (local.get $q) (local.get $k)))
    (call $free (local.get $q) (local.get $k) (i32.const 1))
    (call $finish (local.get $at) (local.get $k) (call $output_status (local.get $at) (local.get $k)))))
