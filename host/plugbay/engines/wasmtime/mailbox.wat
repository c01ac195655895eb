  ;; ---- the mailbox: shared text of drivers (plugbay.engines.wasmtime.mailbox has its layout) ------------------------
  ;; Whoever includes this defines $one: the message of $n bytes at $in, for a function; it answers the row's status. It
  ;; begins with $begin and ends with $finish, and may let the message's area start at $reuse once the input is taken.
  (memory $mailbox (export "mailbox") 2)
  (data (memory $mailbox) (i32.const 16) "\40\00\00\00") ;; TOP = 64, the offset of the input

  ;; Per message.
  (global $records (mut i32) (i32.const 0))   ;; how many it left
  (global $log_used (mut i32) (i32.const 0))  ;; bytes
  (global $out_used (mut i32) (i32.const 0))  ;; bytes

  ;; The header's TOP. What runs for every message reads and writes it without a call, of which each takes a nanosecond.
  (func $top (export "top") (result i32) (i32.load $mailbox (i32.const 16)))
  (func $set_top (param $to i32) (i32.store $mailbox (i32.const 16) (local.get $to)))

  ;; Trap on purpose: the host reads the cause and its detail.
  (func $stop (export "stop") (param $cause i32) (param $detail i32)
    (i32.store $mailbox (i32.const 28) (local.get $cause))
    (i32.store $mailbox (i32.const 32) (local.get $detail))
    (unreachable))

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

  ;; The same, and its record: where the bytes go, 0 when none are kept.
  (func $open_note (export "open_note") (param $kind i32) (param $len i32) (result i32)
    (if (i32.eqz (call $count_note (local.get $len))) (then (return (i32.const 0))))
    (call $record (local.get $kind) (local.get $len)))

  ;; Count $len bytes of output; stop the guest when they are too many.
  (func $spend (param $len i32)
    (if (i32.gt_u (local.get $len) (i32.sub (i32.load $mailbox (i32.const 36)) (global.get $out_used)))
      (then (call $stop (i32.const 3) (local.get $len))))
    (global.set $out_used (i32.add (global.get $out_used) (local.get $len))))

  ;; A message begins: it has left nothing yet, and its area starts at the top.
  (func $begin
    (i32.store $mailbox (i32.const 20) (i32.add (i32.load $mailbox (i32.const 20)) (i32.const 1)))
    (global.set $records (i32.const 0))
    (global.set $log_used (i32.const 0))
    (global.set $out_used (i32.const 0))
    (i32.store $mailbox (i32.const 56) (i32.load $mailbox (i32.const 16)))
    (i32.store $mailbox (i32.const 60) (i32.const 1))
    (i64.store $mailbox (i32.const 0) (i64.const 0)))

  ;; The guest has its input: the message's area starts at $reuse, unless there are records in it already.
  (func $reuse_input (param $reuse i32)
    (if (i32.eqz (global.get $records)) (then
      (i32.store $mailbox (i32.const 16) (local.get $reuse))
      (i32.store $mailbox (i32.const 56) (local.get $reuse)))))

  ;; Write the header's row and answer its status.
  (func $finish (param $start i32) (param $len i32) (param $status i32) (result i32)
    (if (global.get $records) (then (local.set $status (i32.or (local.get $status) (i32.const 0x100)))))
    (i32.store $mailbox (i32.const 0) (local.get $start))
    (i32.store $mailbox (i32.const 4) (local.get $len))
    (i32.store $mailbox (i32.const 8) (local.get $status))
    (i32.store $mailbox (i32.const 12) (i32.load $mailbox (i32.const 16)))
    (i32.store $mailbox (i32.const 60) (i32.ge_u (i32.and (local.get $status) (i32.const 0xff)) (i32.const 16)))
    (local.get $status))

  ;; One message of $n bytes at the input: status << 32 | length.
  (func (export "invoke") (param $n i32) (param $function i32) (result i64) (local $status i32)
    (call $set_top (i32.and (i32.add (local.get $n) (i32.const 71)) (i32.const -8)))
    (local.set $status (call $one (i32.const 64) (local.get $n) (i32.const 64) (local.get $function)))
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
      (br_if $done (i32.and (i32.gt_u (i32.load $mailbox (i32.const 16)) (i32.load $mailbox (i32.const 48)))
                            (i32.ne (local.get $i) (i32.const 0))))
      (local.set $n (i32.load $mailbox offset=64 (i32.shl (local.get $i) (i32.const 2))))
      (local.set $status
        (call $one (local.get $in) (local.get $n) (i32.load $mailbox (i32.const 16)) (local.get $function)))
      (memory.copy $mailbox $mailbox (local.get $rows) (i32.const 0) (i32.const 16))
      (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
      (local.set $in (i32.add (local.get $in) (local.get $n)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store $mailbox (i32.const 24) (local.get $i))
      (br_if $next (i32.lt_u (i32.and (local.get $status) (i32.const 0xff)) (i32.const 16)))))
    (local.get $i))
