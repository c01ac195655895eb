  ;; ---- what every byte function may import: shared text of the drivers of the three conventions ----------------------
  ;; Operations from 128 on are the adapter's own: what was not granted fails the call, since these have no errno to say
  ;; so and no number that could not be taken for a time.
  (elem (table $slots) (i32.const 0) func $log $now $random)
  (export "env.log" (func $log))
  (export "env.now" (func $now))
  (export "env.random" (func $random))

  (func $now (result i64) (call $service (i32.const 128) (call $top) (i32.const 0)))

  ;; Ask for $len random bytes, which then lie at the top.
  (func $draw (param $len i32)
    (call $reserve (i32.add (call $top) (i32.add (local.get $len) (i32.const 4))))
    (i32.store $mailbox (call $top) (local.get $len))
    (drop (call $service (i32.const 129) (call $top) (i32.const 4)))
    (call $fetch (call $top)))

  ;; In pieces of 64 KiB at most: a guest must not make the mailbox grow as large as its own memory.
  (func $random (param $at i32) (param $left i32) (local $piece i32)
    (memory.fill $guest (local.get $at) (i32.const 0) (local.get $left)) ;; a wild pointer traps before anything is drawn
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $piece (select (local.get $left) (i32.const 65536) (i32.lt_u (local.get $left) (i32.const 65536))))
      (call $draw (local.get $piece))
      (memory.copy $guest $mailbox (local.get $at) (call $top) (local.get $piece))
      (local.set $at (i32.add (local.get $at) (local.get $piece)))
      (local.set $left (i32.sub (local.get $left) (local.get $piece)))
      (br $next))))

  ;; ---- errors -------------------------------------------------------------------------------------------------------
  ;; Report an error text of $len bytes of the guest's memory, or as much of it as people may want to read.
  (func $report (param $ptr i32) (param $len i32)
    (call $append (i32.const 20) (local.get $ptr)
      (select (local.get $len) (i32.const 65536) (i32.lt_u (local.get $len) (i32.const 65536)))))

  ;; The first place from $at on that holds no white space of JSON.
  (func $skip_space (param $at i32) (param $end i32) (result i32) (local $byte i32)
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end)) (then
        (local.set $byte (i32.load8_u $mailbox (local.get $at)))
        ;; 32, or 9, 10 or 13: bits 0, 1 and 4 from 9 on
        (if (i32.or (i32.eq (local.get $byte) (i32.const 32))
                    (i32.and (i32.le_u (i32.sub (local.get $byte) (i32.const 9)) (i32.const 4))
                             (i32.shr_u (i32.const 0x13) (i32.sub (local.get $byte) (i32.const 9)))))
          (then (local.set $at (i32.add (local.get $at) (i32.const 1))) (br $next))))))
    (local.get $at))

  ;; The status of an output, $k bytes at $at of the mailbox: 5 when it begins as {"error" does, so that the host looks
  ;; whether that is its only key; else 0.
  (func $output_status (param $at i32) (param $k i32) (result i32) (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $k)))
    (local.set $at (call $skip_space (local.get $at) (local.get $end)))
    (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 11)) (then (return (i32.const 0)))) ;; {"error":0}
    (if (i32.ne (i32.load8_u $mailbox (local.get $at)) (i32.const 0x7b)) (then (return (i32.const 0))))
    (local.set $at (call $skip_space (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
    (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8)) (then (return (i32.const 0))))
    ;; the seven bytes "error", the quotes included
    (select (i32.const 5) (i32.const 0)
      (i64.eq (i64.and (i64.load $mailbox (local.get $at)) (i64.const 0xffffffffffffff)) (i64.const 0x22726f72726522))))
