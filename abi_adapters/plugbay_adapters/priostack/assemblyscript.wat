;; The driver of the convention "assemblyscript": (buffer) -> buffer, both objects of the type ArrayBuffer, which has the
;; runtime id 1 (ABI sheet "PrioStack byte functions"). One message, or a batch, in one crossing.
;;
;; In front of an object lie, among other words, its runtime id (pointer - 8) and its size in bytes (pointer - 4).
(module $plugbay.assemblyscript
  (import "guest" "memory" (memory $guest 0))
  (import "guest" "new" (func $new (param i32 i32) (result i32)))
  (import "guest" "pin" (func $pin (param i32) (result i32)))
  (import "guest" "unpin" (func $unpin (param i32)))
  (import "guest" "collect" (func $collect))
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "host" "fetch" (func $fetch (param i32)))
  (import "slots" "table" (table $slots 5 funcref))

  ;; The functions that are called, put there by the host: a call's function is its slot, plus its kind << 8.
  (table $functions (export "functions") 16 funcref)

  ;; include mailbox.wat
  ;; include buffers.wat
  ;; include services.wat

  ;; ---- what AssemblyScript's own code imports -------------------------------------------------------------------------
  (elem (table $slots) (i32.const 3) func $abort $seed)
  (export "env.abort" (func $abort))
  (export "env.seed" (func $seed))

  ;; The bytes of a text that people may want to read; 0 for null and for a pointer to no text.
  (func $text_size (param $text i32) (result i32) (local $size i32)
    (if (i32.lt_u (local.get $text) (i32.const 4)) (then (return (i32.const 0))))
    (if (i32.eqz (call $in_guest (local.get $text) (i32.const 0))) (then (return (i32.const 0))))
    (local.set $size (i32.load $guest (i32.sub (local.get $text) (i32.const 4))))
    (if (i32.eqz (call $in_guest (local.get $text) (local.get $size))) (then (return (i32.const 0))))
    (select (local.get $size) (i32.const 65536) (i32.lt_u (local.get $size) (i32.const 65536))))

  ;; Report why and where the guest gives up, and stop it.
  (func $abort (param $message i32) (param $file i32) (param $line i32) (param $column i32)
    (local $at i32) (local $message_size i32) (local $file_size i32)
    (local.set $message_size (call $text_size (local.get $message)))
    (local.set $file_size (call $text_size (local.get $file)))
    (local.set $at (call $record (i32.const 21)
      (i32.add (i32.const 12) (i32.add (local.get $message_size) (local.get $file_size)))))
    (i32.store $mailbox (local.get $at) (local.get $line))
    (i32.store $mailbox offset=4 (local.get $at) (local.get $column))
    (i32.store $mailbox offset=8 (local.get $at) (local.get $message_size))
    (local.set $at (i32.add (local.get $at) (i32.const 12)))
    (call $copy_text (local.get $at) (local.get $message) (local.get $message_size))
    (call $copy_text (i32.add (local.get $at) (local.get $message_size)) (local.get $file) (local.get $file_size))
    (unreachable))

  ;; A text of no bytes may be one at a wild pointer: the trap would come before the other one is copied.
  (func $copy_text (param $at i32) (param $text i32) (param $size i32)
    (if (local.get $size)
      (then (memory.copy $mailbox $guest (local.get $at) (local.get $text) (local.get $size)))))

  ;; A random number from 1 to 2, of which the guest uses the bits.
  (func $seed (result f64)
    (call $draw (i32.const 8))
    (f64.reinterpret_i64 (i64.or (i64.const 0x3ff0000000000000)
      (i64.shr_u (i64.load $mailbox (call $top)) (i64.const 12)))))

  ;; ---- garbage ------------------------------------------------------------------------------------------------------
  ;; The runtime "minimal" collects only when it is told to, and collecting costs more than a small call: as much as all
  ;; that lives takes. So it is done when many bytes have gone through, and whenever the memory grew. Once the memory has
  ;; half of what it may have, what went through until it grew was too much for it, and from there on less is waited for:
  ;; collecting as often as that, a steady guest never grows again. Before, it may be that what it keeps has grown, and
  ;; collecting that at every other call would be the ruin of it.
  ;; include limit
  (global $gone (mut i32) (i32.const 0))        ;; bytes since garbage was collected; a call counts for 256 more
  (global $most (mut i32) (i32.const 0x40000))  ;; bytes that are waited for
  (global $pages (mut i32) (i32.const 0))       ;; of the guest's memory, when last seen

  (func $tidy (param $bytes i32) (local $grew i32)
    (if (i32.eqz (global.get $pages)) (then (global.set $pages (memory.size $guest))))
    (global.set $gone (i32.add (global.get $gone) (i32.add (local.get $bytes) (i32.const 256))))
    (local.set $grew (i32.ne (memory.size $guest) (global.get $pages)))
    (if (i32.eqz (i32.or (local.get $grew) (i32.gt_u (global.get $gone) (global.get $most)))) (then (return)))
    (global.set $pages (memory.size $guest))
    (if (i32.and (i32.and (local.get $grew) (i32.ge_u (global.get $pages) (global.get $half)))
                 (i32.lt_u (global.get $gone) (global.get $most)))
      (then (global.set $most (global.get $gone))))
    (global.set $gone (i32.const 0))
    (call $collect))

  ;; ---- one message --------------------------------------------------------------------------------------------------
  ;; The input is pinned, or the function's own allocations might collect it. The result needs no pin: no code of the
  ;; guest runs before it is taken.
  (func $one (param $in i32) (param $n i32) (param $reuse i32) (param $function i32) (result i32)
    (local $p i32) (local $status i32)
    (call $begin)
    (local.set $p (call $new (local.get $n) (i32.const 1)))
    (if (i32.eqz (local.get $p)) (then (return (call $finish (call $top) (local.get $n) (i32.const 16)))))
    (local.set $status (call $give (local.get $p) (local.get $in) (local.get $n)))
    (if (local.get $status) (then (return (call $finish (call $top) (local.get $n) (local.get $status)))))
    (drop (call $pin (local.get $p)))
    (call $reuse_input (local.get $reuse))
    (call $deliver (local.get $p) (local.get $n) (call_indirect $functions (param i32) (result i32)
      (local.get $p) (i32.and (local.get $function) (i32.const 0xff)))))

  ;; Take the bytes of the ArrayBuffer at $q, null for none, to the mailbox, and let the input go.
  (func $deliver (param $p i32) (param $n i32) (param $q i32) (result i32) (local $id i32) (local $k i32)
    (local $at i32) (local $status i32)
    (if (local.get $q) (then
      (if (i32.or (i32.lt_u (local.get $q) (i32.const 8)) (i32.eqz (call $in_guest (local.get $q) (i32.const 0))))
        (then (return (call $finish (call $top) (i32.const 0) (i32.const 18)))))
      (local.set $id (i32.load $guest (i32.sub (local.get $q) (i32.const 8))))
      (if (i32.ne (local.get $id) (i32.const 1))
        (then (return (call $finish (call $top) (local.get $id) (i32.const 21)))))
      (local.set $k (i32.load $guest (i32.sub (local.get $q) (i32.const 4))))
      (local.set $status (call $refuse (local.get $q) (local.get $k)))
      (if (local.get $status) (then (return (call $finish (call $top) (local.get $k) (local.get $status)))))))
    (local.set $at (call $take (local.get $q) (local.get $k)))
    (call $unpin (local.get $p))
    (call $tidy (i32.add (local.get $n) (local.get $k)))
    (if (i32.eqz (local.get $k)) (then (return (call $finish (call $top) (i32.const 0) (i32.const 0)))))
    (call $finish (local.get $at) (local.get $k) (call $output_status (local.get $at) (local.get $k)))))
