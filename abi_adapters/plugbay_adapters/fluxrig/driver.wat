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

  (memory $mailbox (export "mailbox") 2)
  (data (memory $mailbox) (i32.const 16) "\40\00\00\00") ;; TOP = 64, the offset of the input

  ;; Per message.
  (global $records (mut i32) (i32.const 0))   ;; how many it left
  (global $log_used (mut i32) (i32.const 0))  ;; bytes
  (global $sent (mut i32) (i32.const 0))      ;; messages
  (global $out_used (mut i32) (i32.const 0))  ;; bytes
  (global $rejected (mut i32) (i32.const 0))

  ;; ---- the header's words -------------------------------------------------------------------------------------------
  (func $top (export "top") (result i32) (i32.load $mailbox (i32.const 16)))
  (func $set_top (param $to i32) (i32.store $mailbox (i32.const 16) (local.get $to)))

  ;; Trap on purpose: the host reads the cause and its detail.
  (func $stop (param $cause i32) (param $detail i32)
    (i32.store $mailbox (i32.const 28) (local.get $cause))
    (i32.store $mailbox (i32.const 32) (local.get $detail))
    (unreachable))
  (export "stop" (func $stop))

  ;; ---- the mailbox --------------------------------------------------------------------------------------------------
  ;; Make the mailbox reach to $end.
  (func $reserve (export "reserve") (param $end i32) (local $missing i64)
    (local.set $missing (i64.sub (i64.extend_i32_u (local.get $end))
                                 (i64.shl (i64.extend_i32_u (memory.size $mailbox)) (i64.const 16))))
    (if (i64.gt_s (local.get $missing) (i64.const 0)) (then
      (if (i32.eq (i32.const -1) (memory.grow $mailbox
            (i32.wrap_i64 (i64.shr_u (i64.add (local.get $missing) (i64.const 65535)) (i64.const 16)))))
        (then (call $stop (i32.const 6) (local.get $end)))))))

  ;; Append the header of a record of $len bytes; answers where its bytes go.
  (func $record (param $kind i32) (param $len i32) (result i32) (local $at i32)
    (local.set $at (call $top))
    (call $reserve (i32.add (local.get $at) (i32.add (local.get $len) (i32.const 8))))
    (i32.store $mailbox (local.get $at) (local.get $kind))
    (i32.store $mailbox (i32.add (local.get $at) (i32.const 4)) (local.get $len))
    (call $set_top (i32.add (local.get $at) (i32.add (local.get $len) (i32.const 8))))
    (global.set $records (i32.add (global.get $records) (i32.const 1)))
    (i32.add (local.get $at) (i32.const 8)))

  ;; Append a record with bytes of the guest's memory. They are copied first: a wild pointer traps and leaves no record.
  (func $append (param $kind i32) (param $ptr i32) (param $len i32)
    (call $reserve (i32.add (call $top) (i32.add (local.get $len) (i32.const 8))))
    (memory.copy $mailbox $guest (i32.add (call $top) (i32.const 8)) (local.get $ptr) (local.get $len))
    (drop (call $record (local.get $kind) (local.get $len))))

  ;; Count a log line, or a piece of stdout or stderr, of $len bytes; each costs its length and its header. 0 when none
  ;; are kept.
  (func $count_note (param $len i32) (result i32) (local $most i32)
    (if (i32.and (i32.load $mailbox (i32.const 52)) (i32.const 1)) (then (return (i32.const 0))))
    (local.set $most (i32.load $mailbox (i32.const 40)))
    (if (i32.or (i32.gt_u (local.get $len) (local.get $most))
                (i32.gt_u (i32.add (global.get $log_used) (i32.add (local.get $len) (i32.const 8))) (local.get $most)))
      (then (call $stop (i32.const 1) (local.get $len))))
    (global.set $log_used (i32.add (global.get $log_used) (i32.add (local.get $len) (i32.const 8))))
    (i32.const 1))

  (func $note (param $kind i32) (param $ptr i32) (param $len i32)
    (if (call $count_note (local.get $len)) (then (call $append (local.get $kind) (local.get $ptr) (local.get $len)))))

  ;; For drivers that copy the bytes themselves: where they go, 0 when none are kept.
  (func (export "open_note") (param $kind i32) (param $len i32) (result i32)
    (if (i32.eqz (call $count_note (local.get $len))) (then (return (i32.const 0))))
    (call $record (local.get $kind) (local.get $len)))

  ;; Count $len bytes of output; stop the guest when they are too many.
  (func $spend (param $len i32) (local $most i32)
    (local.set $most (i32.load $mailbox (i32.const 36)))
    (if (i32.gt_u (local.get $len) (i32.sub (local.get $most) (global.get $out_used)))
      (then (call $stop (i32.const 3) (local.get $len))))
    (global.set $out_used (i32.add (global.get $out_used) (local.get $len))))

  ;; Whether [ptr, ptr+len) lies in the guest's memory.
  (func $in_guest (param $ptr i32) (param $len i32) (result i32)
    (i64.le_u (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (local.get $len)))
              (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))))

  ;; ---- what guests import -------------------------------------------------------------------------------------------
  ;; Levels: 1 debug, 2 info, 3 warn, 4 error, anything else info.
  (func $log (param $level i32) (param $ptr i32) (param $len i32)
    (call $note (select (local.get $level) (i32.const 2)
                  (i32.le_u (i32.sub (local.get $level) (i32.const 1)) (i32.const 3)))
      (local.get $ptr) (local.get $len)))

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
  ;; Write the header's row and answer its status.
  (func $finish (param $start i32) (param $len i32) (param $status i32) (result i32)
    (if (global.get $records) (then (local.set $status (i32.or (local.get $status) (i32.const 0x100)))))
    (i32.store $mailbox (i32.const 0) (local.get $start))
    (i32.store $mailbox (i32.const 4) (local.get $len))
    (i32.store $mailbox (i32.const 8) (local.get $status))
    (i32.store $mailbox (i32.const 12) (call $top))
    (i32.store $mailbox (i32.const 60) (i32.ge_u (i32.and (local.get $status) (i32.const 0xff)) (i32.const 16)))
    (local.get $status))

  ;; The message of $n bytes at $in. When its allocation leaves no records, the message's area starts at $reuse.
  (func $one (param $in i32) (param $n i32) (param $reuse i32) (result i32)
    (local $p i32) (local $q i32) (local $k i32) (local $result i64)
    (i32.store $mailbox (i32.const 20) (i32.add (i32.load $mailbox (i32.const 20)) (i32.const 1)))
    (global.set $records (i32.const 0))
    (global.set $log_used (i32.const 0))
    (global.set $sent (i32.const 0))
    (global.set $out_used (i32.const 0))
    (global.set $rejected (i32.const 0))
    (i32.store $mailbox (i32.const 56) (call $top))
    (i32.store $mailbox (i32.const 60) (i32.const 1))
    (i64.store $mailbox (i32.const 0) (i64.const 0))
    (local.set $p (call $alloc (local.get $n)))
    (if (i32.and (i32.eqz (local.get $p)) (i32.ne (local.get $n) (i32.const 0)))
      (then (return (call $finish (call $top) (local.get $n) (i32.const 16)))))
    (if (i32.eqz (call $in_guest (local.get $p) (local.get $n)))
      (then (return (call $finish (call $top) (local.get $n) (i32.const 17)))))
    (memory.copy $guest $mailbox (local.get $p) (local.get $in) (local.get $n))
    (if (i32.eqz (global.get $records)) (then
      (call $set_top (local.get $reuse))
      (i32.store $mailbox (i32.const 56) (local.get $reuse))))
    (local.set $result (call $process (local.get $p) (local.get $n)))
    (local.set $q (i32.wrap_i64 (i64.shr_u (local.get $result) (i64.const 32))))
    (local.set $k (i32.wrap_i64 (local.get $result)))
    (call $deliver (local.get $p) (local.get $n) (local.get $q) (local.get $k)))

  ;; Take the result of $k bytes at $q to the mailbox and free both buffers.
  (func $deliver (param $p i32) (param $n i32) (param $q i32) (param $k i32) (result i32) (local $at i32)
    (if (i32.eqz (local.get $k)) (then
      (local.set $at (call $top))
      (call $free (local.get $p) (local.get $n))
      (return (call $finish (local.get $at) (i32.const 0) (i32.add (i32.const 1) (global.get $rejected))))))
    (if (i32.eqz (call $in_guest (local.get $q) (local.get $k)))
      (then (return (call $finish (call $top) (local.get $k) (i32.const 18)))))
    (if (i32.lt_u (i32.sub (local.get $q) (local.get $p)) (local.get $n))
      (then (return (call $finish (call $top) (local.get $k) (i32.const 19)))))
    (if (i32.lt_u (i32.sub (local.get $p) (local.get $q)) (local.get $k))
      (then (if (local.get $n) (then (return (call $finish (call $top) (local.get $k) (i32.const 19)))))))
    (if (i32.gt_u (local.get $k) (i32.sub (i32.load $mailbox (i32.const 36)) (global.get $out_used)))
      (then (return (call $finish (call $top) (local.get $k) (i32.const 20)))))
    (local.set $at (call $top))
    (call $reserve (i32.add (local.get $at) (local.get $k)))
    (memory.copy $mailbox $guest (local.get $at) (local.get $q) (local.get $k))
    (call $set_top (i32.add (local.get $at) (local.get $k)))
    ;; free may trap: the host must then tell the output from the records around it.
    (i32.store $mailbox (i32.const 0) (local.get $at))
    (i32.store $mailbox (i32.const 4) (local.get $k))
    (call $free (local.get $p) (local.get $n))
    (call $free (local.get $q) (local.get $k))
    (call $finish (local.get $at) (local.get $k) (i32.shl (global.get $rejected) (i32.const 1))))

  ;; ---- what the host calls ------------------------------------------------------------------------------------------
  ;; One message of $n bytes at the input: status << 32 | length. The function index is for ABIs that have several.
  (func (export "invoke") (param $n i32) (param $function i32) (result i64) (local $status i32)
    (call $set_top (i32.and (i32.add (local.get $n) (i32.const 71)) (i32.const -8)))
    (local.set $status (call $one (i32.const 64) (local.get $n) (i32.const 64)))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $status)) (i64.const 32))
            (i64.extend_i32_u (i32.load $mailbox (i32.const 4)))))

  ;; A batch of $count messages whose rows go to $rows. INDEX counts the rows that hold. It stops early once the mailbox
  ;; is filled to the high-water mark, but never before its first message.
  (func (export "invoke_many") (param $count i32) (param $function i32) (param $rows i32) (result i32)
    (local $i i32) (local $in i32) (local $n i32) (local $status i32)
    (i32.store $mailbox (i32.const 24) (i32.const 0))
    (call $set_top (i32.add (local.get $rows) (i32.shl (local.get $count) (i32.const 4))))
    (call $reserve (call $top))
    (local.set $in (i32.add (i32.const 64) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
      (br_if $done (i32.and (i32.gt_u (call $top) (i32.load $mailbox (i32.const 48))) (i32.ne (local.get $i) (i32.const 0))))
      (local.set $n (i32.load $mailbox offset=64 (i32.shl (local.get $i) (i32.const 2))))
      (local.set $status (call $one (local.get $in) (local.get $n) (call $top)))
      (memory.copy $mailbox $mailbox (local.get $rows) (i32.const 0) (i32.const 16))
      (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
      (local.set $in (i32.add (local.get $in) (local.get $n)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store $mailbox (i32.const 24) (local.get $i))
      (br_if $next (i32.lt_u (i32.and (local.get $status) (i32.const 0xff)) (i32.const 16)))))
    (local.get $i)))
