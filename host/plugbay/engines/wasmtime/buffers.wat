  ;; ---- the guest's buffers: shared text of drivers that import the guest's memory as $guest and include mailbox.wat ---
  ;; The guest's pointers are used with wasm's own bounds checks too: a wild one that no check saw traps and harms nobody.

  ;; Whether [ptr, ptr+len) lies in the guest's memory.
  (func $in_guest (param $ptr i32) (param $len i32) (result i32)
    (i64.le_u (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (local.get $len)))
              (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))))

  ;; Append a record with bytes of the guest's memory. They are copied first: a wild pointer traps and leaves no record.
  (func $append (param $kind i32) (param $ptr i32) (param $len i32)
    (call $reserve (i32.add (call $top) (i32.add (local.get $len) (i32.const 8))))
    (memory.copy $mailbox $guest (i32.add (call $top) (i32.const 8)) (local.get $ptr) (local.get $len))
    (drop (call $record (local.get $kind) (local.get $len))))

  (func $note (param $kind i32) (param $ptr i32) (param $len i32)
    (if (call $count_note (local.get $len)) (then (call $append (local.get $kind) (local.get $ptr) (local.get $len)))))

  ;; A guest's log line. Levels: 1 debug, 2 info, 3 warn, 4 error, anything else info.
  (func $log (param $level i32) (param $ptr i32) (param $len i32)
    (call $note (select (local.get $level) (i32.const 2)
                  (i32.le_u (i32.sub (local.get $level) (i32.const 1)) (i32.const 3)))
      (local.get $ptr) (local.get $len)))

  ;; Give the guest the input at $in in the buffer of $n bytes at $p that its allocator returned; the status of one that
  ;; is none, else 0.
  (func $give (param $p i32) (param $in i32) (param $n i32) (result i32)
    (if (i32.and (i32.eqz (local.get $p)) (i32.ne (local.get $n) (i32.const 0))) (then (return (i32.const 16))))
    (if (i32.eqz (call $in_guest (local.get $p) (local.get $n))) (then (return (i32.const 17))))
    (memory.copy $guest $mailbox (local.get $p) (local.get $in) (local.get $n))
    (i32.const 0))

  ;; The status of a result of $k bytes at $q that can't be taken, else 0.
  (func $refuse (param $q i32) (param $k i32) (result i32)
    (if (i32.eqz (call $in_guest (local.get $q) (local.get $k))) (then (return (i32.const 18))))
    (select (i32.const 20) (i32.const 0)
      (i32.gt_u (local.get $k) (i32.sub (i32.load $mailbox (i32.const 36)) (global.get $out_used)))))

  ;; The same where the host frees the input, $n bytes at $p, too: the two must not overlap. 19 comes before 20.
  (func $refuse_beside (param $q i32) (param $k i32) (param $p i32) (param $n i32) (result i32) (local $status i32)
    (local.set $status (call $refuse (local.get $q) (local.get $k)))
    (if (i32.eq (local.get $status) (i32.const 18)) (then (return (i32.const 18))))
    (if (i32.lt_u (i32.sub (local.get $q) (local.get $p)) (local.get $n)) (then (return (i32.const 19))))
    (if (i32.lt_u (i32.sub (local.get $p) (local.get $q)) (local.get $k))
      (then (if (local.get $n) (then (return (i32.const 19))))))
    (local.get $status))

  ;; Take the output of $k bytes at $q to the mailbox; answers where it lies. What the guest runs next may trap: the host
  ;; must then tell the output from the records around it.
  (func $take (param $q i32) (param $k i32) (result i32) (local $at i32)
    (local.set $at (i32.load $mailbox (i32.const 16)))
    (call $reserve (i32.add (local.get $at) (local.get $k)))
    (memory.copy $mailbox $guest (local.get $at) (local.get $q) (local.get $k))
    (i32.store $mailbox (i32.const 16) (i32.add (local.get $at) (local.get $k)))
    (i32.store $mailbox (i32.const 0) (local.get $at))
    (i32.store $mailbox (i32.const 4) (local.get $k))
    (local.get $at))
