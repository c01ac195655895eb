;; WASI preview 1, default-deny: a driver beside the first one, for guests whose toolchain links a libc or a runtime.
;;
;; A guest finds three open streams (0 at its end, 1 and 2 as log lines), a clock, randomness and sleep, and nothing
;; else: no arguments, environment, preopened folder, file or socket. What is missing or wrong is an errno. The guest's
;; pointers are checked before they are used (ends as i64: pointer plus length may pass 4 GiB), since a libc can report
;; an errno and can't survive a trap. Errnos: 8 badf, 21 fault, 28 inval, 52 nosys, 54 notdir, 57 notsock, 58 notsup,
;; 70 spipe, 76 notcapable (a service that exists but was not granted, or an operation that a stream has no right to).
(module $plugbay.wasi
  (import "guest" "memory" (memory $guest 0))
  (import "driver" "mailbox" (memory $mailbox 0))
  (import "driver" "top" (func $top (result i32)))
  (import "driver" "reserve" (func $reserve (param i32)))
  (import "driver" "open_note" (func $open_note (param i32 i32) (result i32)))
  (import "driver" "stop" (func $stop (param i32 i32)))
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "host" "fetch" (func $fetch (param i32)))
  (import "slots" "table" (table $slots 46 funcref))

  ;; Slots: the functions in the order in which they are exported below.
  (elem (i32.const 0) func
    $no_entries $no_entries $no_entry_sizes $no_entry_sizes $clock_res_get $clock_time_get $random_get $fd_close
    $fd_fdstat_get $fd_filestat_get $fd_read $fd_write $fd_sync $fd_sync $fd_advise $fd_allocate $fd_positioned
    $fd_positioned $fd_seek $fd_tell $fd_set_flags $fd_set_rights $fd_set_size $fd_set_times $fd_renumber
    $fd_prestat_get $fd_prestat_dir_name $fd_readdir $path_only $path_only $path_only $path_stat $path_two $path_two
    $path_set_times $path_link $path_open $path_symlink $sock_accept $sock_recv $sock_send $sock_shutdown $proc_exit
    $proc_raise $sched_yield $poll_oneoff)

  ;; Types of the functions that only answer an errno, named by their parameters: i is an i32, l an i64.
  (type $i (func (param i32) (result i32))) (type $ill (func (param i32 i64 i64) (result i32)))
  (type $ii (func (param i32 i32) (result i32))) (type $iiiiiii (func (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (type $il (func (param i32 i64) (result i32))) (type $iiiilli (func (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (type $iii (func (param i32 i32 i32) (result i32))) (type $iiiiii (func (param i32 i32 i32 i32 i32 i32) (result i32)))
  (type $ilii (func (param i32 i64 i32 i32) (result i32))) (type $iiiii (func (param i32 i32 i32 i32 i32) (result i32)))
  (type $illi (func (param i32 i64 i64 i32) (result i32))) (type $iiili (func (param i32 i32 i32 i64 i32) (result i32)))
  (type $iiiiillii (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))

  (global $open (mut i32) (i32.const 7))        ;; a bit for each of the streams 0 to 2 that is open
  (global $wall (mut i64) (i64.const 0))        ;; the time of day when it was last asked for, -1 when refused
  (global $monotonic (mut i64) (i64.const 0))   ;; the latest time of day ever seen: never goes back when that does

  ;; ---- checks -------------------------------------------------------------------------------------------------------
  ;; Whether $size bytes at $ptr lie in the guest's memory.
  (func $in_guest (param $ptr i32) (param $size i64) (result i32)
    (i64.le_u (i64.add (i64.extend_i32_u (local.get $ptr)) (local.get $size))
              (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))))

  ;; Whether $count items of $size bytes at $ptr do.
  (func $all_in_guest (param $ptr i32) (param $count i32) (param $size i64) (result i32)
    (call $in_guest (local.get $ptr) (i64.mul (i64.extend_i32_u (local.get $count)) (local.get $size))))

  (func $is_open (param $fd i32) (result i32)
    (i32.and (i32.lt_u (local.get $fd) (i32.const 3))
             (i32.and (i32.shr_u (global.get $open) (local.get $fd)) (i32.const 1))))

  ;; $errno for an open stream, badf for every other number; then the same for each errno of a refusal.
  (func $stream (param $fd i32) (param $errno i32) (result i32)
    (select (local.get $errno) (i32.const 8) (call $is_open (local.get $fd))))
  (func $notdir (param $fd i32) (result i32) (call $stream (local.get $fd) (i32.const 54)))
  (func $notsock (param $fd i32) (result i32) (call $stream (local.get $fd) (i32.const 57)))
  (func $spipe (param $fd i32) (result i32) (call $stream (local.get $fd) (i32.const 70)))
  (func $fixed (param $fd i32) (result i32) (call $stream (local.get $fd) (i32.const 76)))

  ;; ---- arguments and environment: none ------------------------------------------------------------------------------
  (func $no_entries (export "wasi_snapshot_preview1.args_get") (export "wasi_snapshot_preview1.environ_get")
    (param i32 i32) (result i32) (i32.const 0))

  (func $no_entry_sizes (export "wasi_snapshot_preview1.args_sizes_get")
    (export "wasi_snapshot_preview1.environ_sizes_get") (param $count i32) (param $bytes i32) (result i32)
    (if (i32.eqz (i32.and (call $in_guest (local.get $count) (i64.const 4))
                          (call $in_guest (local.get $bytes) (i64.const 4))))
      (then (return (i32.const 21))))
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (i32.const 0))

  ;; ---- clocks: 0 realtime, 1 monotonic; the processor time clocks 2 and 3 are inval ---------------------------------
  ;; Ask the host for the time of day.
  (func $ask_clock
    (global.set $wall (call $service (i32.const 4) (call $top) (i32.const 0)))
    (if (i64.gt_s (global.get $wall) (global.get $monotonic)) (then (global.set $monotonic (global.get $wall)))))

  ;; The clock is the host's time of day, through Python: finer than a microsecond would be a promise too much.
  (func $clock_res_get (export "wasi_snapshot_preview1.clock_res_get") (param $id i32) (param $out i32) (result i32)
    (if (i32.gt_u (local.get $id) (i32.const 1)) (then (return (i32.const 28))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 8))) (then (return (i32.const 21))))
    (i64.store (local.get $out) (i64.const 1000))
    (i32.const 0))

  (func $clock_time_get (export "wasi_snapshot_preview1.clock_time_get")
    (param $id i32) (param $precision i64) (param $out i32) (result i32)
    (if (i32.gt_u (local.get $id) (i32.const 1)) (then (return (i32.const 28))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 8))) (then (return (i32.const 21))))
    (call $ask_clock)
    (if (i64.lt_s (global.get $wall) (i64.const 0)) (then (return (i32.const 76))))
    (i64.store (local.get $out) (select (global.get $monotonic) (global.get $wall) (local.get $id)))
    (i32.const 0))

  ;; ---- randomness ---------------------------------------------------------------------------------------------------
  ;; In pieces of 64 KiB at most: a guest must not make the mailbox grow as large as its own memory.
  (func $random_get (export "wasi_snapshot_preview1.random_get")
    (param $at i32) (param $left i32) (result i32) (local $piece i32)
    (if (i32.eqz (call $in_guest (local.get $at) (i64.extend_i32_u (local.get $left)))) (then (return (i32.const 21))))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $piece (select (local.get $left) (i32.const 65536) (i32.lt_u (local.get $left) (i32.const 65536))))
      (call $reserve (i32.add (call $top) (i32.const 65536)))
      (i32.store $mailbox (call $top) (local.get $piece))
      (if (i64.ne (call $service (i32.const 5) (call $top) (i32.const 4)) (i64.extend_i32_u (local.get $piece)))
        (then (return (i32.const 76))))
      (call $fetch (call $top))
      (memory.copy $guest $mailbox (local.get $at) (call $top) (local.get $piece))
      (local.set $at (i32.add (local.get $at) (local.get $piece)))
      (local.set $left (i32.sub (local.get $left) (local.get $piece)))
      (br $next)))
    (i32.const 0))

  ;; ---- streams ------------------------------------------------------------------------------------------------------
  (func $fd_close (export "wasi_snapshot_preview1.fd_close") (param $fd i32) (result i32)
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return (i32.const 8))))
    (global.set $open (i32.xor (global.get $open) (i32.shl (i32.const 1) (local.get $fd))))
    (i32.const 0))

  ;; A character device that can't seek, which makes a libc flush at every line.
  (func $fd_fdstat_get (export "wasi_snapshot_preview1.fd_fdstat_get") (param $fd i32) (param $out i32) (result i32)
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return (i32.const 8))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 24))) (then (return (i32.const 21))))
    (i64.store (local.get $out) (i64.const 2))
    ;; Rights: poll_fd_readwrite, fd_filestat_get, and fd_write or fd_read; none to inherit.
    (i64.store offset=8 (local.get $out) (select (i64.const 0x8200040) (i64.const 0x8200002) (local.get $fd)))
    (i64.store offset=16 (local.get $out) (i64.const 0))
    (i32.const 0))

  (func $fd_filestat_get (export "wasi_snapshot_preview1.fd_filestat_get") (param $fd i32) (param $out i32) (result i32)
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return (i32.const 8))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 64))) (then (return (i32.const 21))))
    (memory.fill (local.get $out) (i32.const 0) (i32.const 64))
    (i32.store8 offset=16 (local.get $out) (i32.const 2))
    (i64.store offset=24 (local.get $out) (i64.const 1))
    (i32.const 0))

  ;; Standard input is at its end.
  (func $fd_read (export "wasi_snapshot_preview1.fd_read")
    (param $fd i32) (param $iovs i32) (param $count i32) (param $read i32) (result i32)
    (if (i32.or (local.get $fd) (i32.eqz (call $is_open (local.get $fd)))) (then (return (i32.const 8))))
    (if (i32.eqz (i32.and (call $all_in_guest (local.get $iovs) (local.get $count) (i64.const 8))
                          (call $in_guest (local.get $read) (i64.const 4))))
      (then (return (i32.const 21))))
    (i32.store (local.get $read) (i32.const 0))
    (i32.const 0))

  ;; A record of bytes that lie in the guest's memory.
  (func $note (param $kind i32) (param $ptr i32) (param $len i32) (local $at i32)
    (local.set $at (call $open_note (local.get $kind) (local.get $len)))
    (if (local.get $at) (then (memory.copy $mailbox $guest (local.get $at) (local.get $ptr) (local.get $len)))))

  ;; The bytes of all iovecs, -1 when any is not in the guest's memory. Each becomes a record unless $kind is 0.
  (func $gather (param $kind i32) (param $at i32) (param $left i32) (result i64) (local $len i32) (local $total i64)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $len (i32.load offset=4 (local.get $at)))
      (if (i32.eqz (call $all_in_guest (i32.load (local.get $at)) (local.get $len) (i64.const 1)))
        (then (return (i64.const -1))))
      (if (select (local.get $len) (i32.const 0) (local.get $kind))
        (then (call $note (local.get $kind) (i32.load (local.get $at)) (local.get $len))))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $len))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
    (local.get $total))

  ;; Records of kind 18 for stdout, 19 for stderr. All is checked before any is taken: a write happens whole or not at
  ;; all. The count of written bytes is a u32, which the same bytes in many iovecs may pass: inval.
  (func $fd_write (export "wasi_snapshot_preview1.fd_write")
    (param $fd i32) (param $iovs i32) (param $count i32) (param $written i32) (result i32) (local $total i64)
    (if (i32.or (i32.eqz (local.get $fd)) (i32.eqz (call $is_open (local.get $fd)))) (then (return (i32.const 8))))
    (if (i32.eqz (i32.and (call $all_in_guest (local.get $iovs) (local.get $count) (i64.const 8))
                          (call $in_guest (local.get $written) (i64.const 4))))
      (then (return (i32.const 21))))
    (local.set $total (call $gather (i32.const 0) (local.get $iovs) (local.get $count)))
    (if (i64.lt_s (local.get $total) (i64.const 0)) (then (return (i32.const 21))))
    (if (i64.gt_u (local.get $total) (i64.const 0xffffffff)) (then (return (i32.const 28))))
    (drop (call $gather (i32.add (local.get $fd) (i32.const 17)) (local.get $iovs) (local.get $count)))
    (i64.store32 (local.get $written) (local.get $total))
    (i32.const 0))

  ;; Whatever was written is with the host already.
  (func $fd_sync (export "wasi_snapshot_preview1.fd_datasync") (export "wasi_snapshot_preview1.fd_sync")
    (type $i) (call $stream (local.get 0) (i32.const 0)))

  ;; A stream has no position.
  (func $fd_advise (export "wasi_snapshot_preview1.fd_advise") (type $illi) (call $spipe (local.get 0)))
  (func $fd_allocate (export "wasi_snapshot_preview1.fd_allocate") (type $ill) (call $spipe (local.get 0)))
  (func $fd_positioned (export "wasi_snapshot_preview1.fd_pread") (export "wasi_snapshot_preview1.fd_pwrite")
    (type $iiili) (call $spipe (local.get 0)))
  (func $fd_seek (export "wasi_snapshot_preview1.fd_seek") (type $ilii) (call $spipe (local.get 0)))
  (func $fd_tell (export "wasi_snapshot_preview1.fd_tell") (type $ii) (call $spipe (local.get 0)))

  ;; A stream can't be changed.
  (func $fd_set_flags (export "wasi_snapshot_preview1.fd_fdstat_set_flags") (type $ii) (call $fixed (local.get 0)))
  (func $fd_set_rights (export "wasi_snapshot_preview1.fd_fdstat_set_rights") (type $ill) (call $fixed (local.get 0)))
  (func $fd_set_size (export "wasi_snapshot_preview1.fd_filestat_set_size") (type $il) (call $fixed (local.get 0)))
  (func $fd_set_times (export "wasi_snapshot_preview1.fd_filestat_set_times") (type $illi) (call $fixed (local.get 0)))
  (func $fd_renumber (export "wasi_snapshot_preview1.fd_renumber") (type $ii)
    (call $stream (local.get 0) (call $fixed (local.get 1))))

  ;; ---- files: none --------------------------------------------------------------------------------------------------
  ;; A libc asks for preopened folders from 3 up until it gets badf.
  (func $fd_prestat_get (export "wasi_snapshot_preview1.fd_prestat_get") (type $ii) (i32.const 8))
  (func $fd_prestat_dir_name (export "wasi_snapshot_preview1.fd_prestat_dir_name") (type $iii) (i32.const 8))

  ;; A stream is no folder.
  (func $fd_readdir (export "wasi_snapshot_preview1.fd_readdir") (type $iiili) (call $notdir (local.get 0)))
  (func $path_only (export "wasi_snapshot_preview1.path_create_directory")
    (export "wasi_snapshot_preview1.path_remove_directory") (export "wasi_snapshot_preview1.path_unlink_file")
    (type $iii) (call $notdir (local.get 0)))
  (func $path_stat (export "wasi_snapshot_preview1.path_filestat_get") (type $iiiii) (call $notdir (local.get 0)))
  (func $path_two (export "wasi_snapshot_preview1.path_readlink") (export "wasi_snapshot_preview1.path_rename")
    (type $iiiiii) (call $notdir (local.get 0)))
  (func $path_set_times (export "wasi_snapshot_preview1.path_filestat_set_times") (type $iiiilli)
    (call $notdir (local.get 0)))
  (func $path_link (export "wasi_snapshot_preview1.path_link") (type $iiiiiii) (call $notdir (local.get 0)))
  (func $path_open (export "wasi_snapshot_preview1.path_open") (type $iiiiillii) (call $notdir (local.get 0)))
  (func $path_symlink (export "wasi_snapshot_preview1.path_symlink") (type $iiiii) (call $notdir (local.get 2)))

  ;; ---- sockets: none ------------------------------------------------------------------------------------------------
  (func $sock_accept (export "wasi_snapshot_preview1.sock_accept") (type $iii) (call $notsock (local.get 0)))
  (func $sock_recv (export "wasi_snapshot_preview1.sock_recv") (type $iiiiii) (call $notsock (local.get 0)))
  (func $sock_send (export "wasi_snapshot_preview1.sock_send") (type $iiiii) (call $notsock (local.get 0)))
  (func $sock_shutdown (export "wasi_snapshot_preview1.sock_shutdown") (type $ii) (call $notsock (local.get 0)))

  ;; ---- the process --------------------------------------------------------------------------------------------------
  (func $proc_exit (export "wasi_snapshot_preview1.proc_exit") (param i32) (call $stop (i32.const 5) (local.get 0)))
  (func $proc_raise (export "wasi_snapshot_preview1.proc_raise") (param i32) (result i32) (i32.const 52))
  (func $sched_yield (export "wasi_snapshot_preview1.sched_yield") (result i32) (i32.const 0))

  ;; ---- polling ------------------------------------------------------------------------------------------------------
  ;; A subscription: 0 userdata, 8 tag (0 clock, 1 fd_read, 2 fd_write), then 16 clock id, 24 timeout in ns,
  ;; 40 flags (1 = absolute), or 16 fd. An event: 0 userdata, 8 errno, 10 tag, 16 bytes ready, 24 flags (1 = hangup).
  (func $is_absolute (param $sub i32) (result i32)
    (i32.and (i32.eqz (i32.load8_u offset=8 (local.get $sub))) (i32.load16_u offset=40 (local.get $sub))))

  (func $sub_errno (param $sub i32) (result i32)
    (if (i32.load8_u offset=8 (local.get $sub))
      (then (return (call $stream (i32.load offset=16 (local.get $sub)) (i32.const 0)))))
    (if (i32.gt_u (i32.load offset=16 (local.get $sub)) (i32.const 1)) (then (return (i32.const 28))))
    (select (i32.const 76) (i32.const 0)
      (i32.and (call $is_absolute (local.get $sub)) (i64.lt_s (global.get $wall) (i64.const 0)))))

  ;; Nanoseconds until a subscription's event: 0 for a stream, which never blocks, and for an error.
  (func $wait (param $sub i32) (result i64) (local $until i64) (local $now i64)
    (if (i32.or (i32.load8_u offset=8 (local.get $sub)) (call $sub_errno (local.get $sub)))
      (then (return (i64.const 0))))
    (local.set $until (i64.load offset=24 (local.get $sub)))
    (if (i32.eqz (call $is_absolute (local.get $sub))) (then (return (local.get $until))))
    (local.set $now (select (global.get $monotonic) (global.get $wall) (i32.load offset=16 (local.get $sub))))
    (select (i64.sub (local.get $until) (local.get $now)) (i64.const 0) (i64.gt_u (local.get $until) (local.get $now))))

  (func $write_event (param $sub i32) (param $out i32) (local $errno i32) (local $tag i32)
    (local.set $errno (call $sub_errno (local.get $sub)))
    (local.set $tag (i32.load8_u offset=8 (local.get $sub)))
    (i64.store (local.get $out) (i64.load (local.get $sub)))
    (i64.store offset=8 (local.get $out)
      (i64.extend_i32_u (i32.or (local.get $errno) (i32.shl (local.get $tag) (i32.const 16)))))
    (i64.store offset=16 (local.get $out) (i64.const 0))
    (i64.store offset=24 (local.get $out)
      (i64.extend_i32_u (i32.gt_u (i32.eq (local.get $tag) (i32.const 1)) (local.get $errno)))))

  ;; Sleep for the shortest wait, which the host cuts at the message's deadline, then report all that are due by then.
  ;; The clock is asked at most once, so that both passes see the same waits.
  (func $poll_oneoff (export "wasi_snapshot_preview1.poll_oneoff")
    (param $in i32) (param $out i32) (param $count i32) (param $events i32) (result i32)
    (local $sub i32) (local $end i32) (local $asked i32) (local $due i32) (local $shortest i64)
    (if (i32.eqz (local.get $count)) (then (return (i32.const 28))))
    (if (i32.eqz (i32.and
          (i32.and (call $all_in_guest (local.get $in) (local.get $count) (i64.const 48))
                   (call $all_in_guest (local.get $out) (local.get $count) (i64.const 32)))
          (call $in_guest (local.get $events) (i64.const 4))))
      (then (return (i32.const 21))))
    (local.set $shortest (i64.const -1))
    (local.set $end (i32.add (local.get $in) (i32.mul (local.get $count) (i32.const 48))))
    (local.set $sub (local.get $in))
    (loop $next
      (if (i32.gt_u (i32.load8_u offset=8 (local.get $sub)) (i32.const 2)) (then (return (i32.const 28))))
      (if (i32.gt_u (call $is_absolute (local.get $sub)) (local.get $asked)) (then
        (call $ask_clock)
        (local.set $asked (i32.const 1))))
      (if (i64.lt_u (call $wait (local.get $sub)) (local.get $shortest))
        (then (local.set $shortest (call $wait (local.get $sub)))))
      (local.set $sub (i32.add (local.get $sub) (i32.const 48)))
      (br_if $next (i32.ne (local.get $sub) (local.get $end))))
    (if (i64.ne (local.get $shortest) (i64.const 0)) (then
      (call $reserve (i32.add (call $top) (i32.const 8)))
      (i64.store $mailbox (call $top) (local.get $shortest))
      (if (i64.lt_s (call $service (i32.const 6) (call $top) (i32.const 8)) (i64.const 0))
        (then (return (i32.const 58))))))
    (local.set $sub (local.get $in))
    (loop $next
      (if (i64.le_u (call $wait (local.get $sub)) (local.get $shortest)) (then
        (call $write_event (local.get $sub) (i32.add (local.get $out) (i32.shl (local.get $due) (i32.const 5))))
        (local.set $due (i32.add (local.get $due) (i32.const 1)))))
      (local.set $sub (i32.add (local.get $sub) (i32.const 48)))
      (br_if $next (i32.ne (local.get $sub) (local.get $end))))
    (i32.store (local.get $events) (local.get $due))
    (i32.const 0)))
