;; Files for WASI guests that were granted folders: a driver over the default-deny one, `wasi`.
;;
;; The streams 0 to 2 stay with that one; every other number is a file or folder, which the host knows. Each call is a
;; request: u32 operation (`plugbay.wasi.Operation`), u32 number, three u64, then bytes. The answer is bytes, a number,
;; or an errno as a negative number. A guest's pointers are checked before anything is asked.
;; Errnos: 21 fault, 28 inval, 37 nametoolong, 58 notsup, 76 notcapable.
(module $plugbay.wasi_files
  (import "guest" "memory" (memory $guest 0))
  (import "driver" "mailbox" (memory $mailbox 0))
  (import "driver" "top" (func $top (result i32)))
  (import "driver" "reserve" (func $reserve (param i32)))
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "host" "fetch" (func $fetch (param i32)))
  (import "slots" "table" (table $slots 31 funcref))
  (import "wasi" "wasi_snapshot_preview1.fd_advise"
    (func $stream_fd_advise (param i32 i64 i64 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_allocate"
    (func $stream_fd_allocate (param i32 i64 i64) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_close"
    (func $stream_fd_close (param i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_datasync"
    (func $stream_fd_datasync (param i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_fdstat_get"
    (func $stream_fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_fdstat_set_flags"
    (func $stream_fd_fdstat_set_flags (param i32 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_fdstat_set_rights"
    (func $stream_fd_fdstat_set_rights (param i32 i64 i64) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_filestat_get"
    (func $stream_fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_filestat_set_size"
    (func $stream_fd_filestat_set_size (param i32 i64) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_filestat_set_times"
    (func $stream_fd_filestat_set_times (param i32 i64 i64 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_pread"
    (func $stream_fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_pwrite"
    (func $stream_fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_read"
    (func $stream_fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_write"
    (func $stream_fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_renumber"
    (func $stream_fd_renumber (param i32 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_seek"
    (func $stream_fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_sync"
    (func $stream_fd_sync (param i32) (result i32)))
  (import "wasi" "wasi_snapshot_preview1.fd_tell"
    (func $stream_fd_tell (param i32 i32) (result i32)))

  ;; Slots: the functions in the order in which they are exported below.
  (elem (i32.const 0) func $fd_advise $fd_allocate $fd_close $fd_datasync $fd_fdstat_get $fd_fdstat_set_flags
    $fd_fdstat_set_rights $fd_filestat_get $fd_filestat_set_size $fd_filestat_set_times $fd_pread $fd_pwrite $fd_read
    $fd_write $fd_renumber $fd_seek $fd_sync $fd_tell $fd_prestat_get $fd_prestat_dir_name $fd_readdir
    $path_create_directory $path_remove_directory $path_unlink_file $path_filestat_get $path_filestat_set_times
    $path_link $path_open $path_readlink $path_rename $path_symlink)

  ;; ---- checks -------------------------------------------------------------------------------------------------------
  ;; Whether $size bytes at $ptr lie in the guest's memory.
  (func $in_guest (param $ptr i32) (param $size i64) (result i32)
    (i64.le_u (i64.add (i64.extend_i32_u (local.get $ptr)) (local.get $size))
              (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))))

  ;; The errno of a path that can't be taken from the guest, or 0.
  (func $path_errno (param $ptr i32) (param $len i32) (result i32)
    (if (i32.eqz (call $in_guest (local.get $ptr) (i64.extend_i32_u (local.get $len))))
      (then (return (i32.const 21))))
    (select (i32.const 37) (i32.const 0) (i32.gt_u (local.get $len) (i32.const 4096))))

  (func $is_stream (param $fd i32) (result i32) (i32.lt_u (local.get $fd) (i32.const 3)))

  ;; ---- requests -----------------------------------------------------------------------------------------------------
  ;; A request with room for $len bytes, without them; where they go.
  (func $head (param $operation i32) (param $fd i32) (param $a i64) (param $b i64) (param $c i64) (param $len i32)
    (result i32) (local $at i32)
    (local.set $at (call $top))
    (call $reserve (i32.add (local.get $at) (i32.add (local.get $len) (i32.const 32))))
    (i32.store $mailbox (local.get $at) (local.get $operation))
    (i32.store $mailbox offset=4 (local.get $at) (local.get $fd))
    (i64.store $mailbox offset=8 (local.get $at) (local.get $a))
    (i64.store $mailbox offset=16 (local.get $at) (local.get $b))
    (i64.store $mailbox offset=24 (local.get $at) (local.get $c))
    (i32.add (local.get $at) (i32.const 32)))

  (func $send (param $len i32) (result i64)
    (call $service (i32.const 7) (call $top) (i32.add (local.get $len) (i32.const 32))))

  ;; A request with $len bytes of the guest, which were checked.
  (func $ask (param $operation i32) (param $fd i32) (param $a i64) (param $b i64) (param $c i64)
    (param $ptr i32) (param $len i32) (result i64)
    (memory.copy $mailbox $guest
      (call $head (local.get $operation) (local.get $fd) (local.get $a) (local.get $b) (local.get $c)
        (local.get $len))
      (local.get $ptr) (local.get $len))
    (call $send (local.get $len)))

  ;; A request without bytes.
  (func $plain (param $operation i32) (param $fd i32) (param $a i64) (param $b i64) (param $c i64) (result i64)
    (call $ask (local.get $operation) (local.get $fd) (local.get $a) (local.get $b) (local.get $c)
      (i32.const 0) (i32.const 0)))

  ;; The errno of an answer; what the host refused as a service is notcapable.
  (func $errno (param $answer i64) (result i32)
    (if (i64.ge_s (local.get $answer) (i64.const 0)) (then (return (i32.const 0))))
    (select (i32.const 76) (i32.wrap_i64 (i64.sub (i64.const 0) (local.get $answer)))
      (i64.eq (local.get $answer) (i64.const -1))))

  ;; The bytes of an answer into the guest, where there is room for them; its errno.
  (func $take (param $answer i64) (param $out i32) (result i32)
    (if (i64.lt_s (local.get $answer) (i64.const 0)) (then (return (call $errno (local.get $answer)))))
    (call $reserve (i32.add (call $top) (i32.wrap_i64 (local.get $answer))))
    (call $fetch (call $top))
    (memory.copy $guest $mailbox (local.get $out) (call $top) (i32.wrap_i64 (local.get $answer)))
    (i32.const 0))

  ;; A request with a path and no answer but an errno.
  (func $on_path (param $operation i32) (param $fd i32) (param $ptr i32) (param $len i32) (result i32)
    (local $errno i32)
    (local.set $errno (call $path_errno (local.get $ptr) (local.get $len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (call $errno (call $ask (local.get $operation) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0)
      (local.get $ptr) (local.get $len))))

  ;; ---- reading and writing ------------------------------------------------------------------------------------------
  ;; The bytes of all iovecs, or -1 when any is not in the guest's memory.
  (func $total (param $at i32) (param $left i32) (result i64) (local $total i64)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (if (i32.eqz (call $in_guest (i32.load (local.get $at)) (i64.load32_u offset=4 (local.get $at))))
        (then (return (i64.const -1))))
      (local.set $total (i64.add (local.get $total) (i64.load32_u offset=4 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
    (local.get $total))

  ;; One piece of at most 64 KiB from or to $ptr: how many bytes went through, or an errno as a negative number.
  (func $piece (param $operation i32) (param $fd i32) (param $position i64) (param $ptr i32) (param $len i32)
    (result i64) (local $answer i64)
    (if (i32.and (local.get $operation) (i32.const 1)) (then
      (return (call $ask (local.get $operation) (local.get $fd) (i64.const 0) (local.get $position) (i64.const 0)
        (local.get $ptr) (local.get $len)))))
    (local.set $answer (call $plain (local.get $operation) (local.get $fd) (i64.extend_i32_u (local.get $len))
      (local.get $position) (i64.const 0)))
    (drop (call $take (local.get $answer) (local.get $ptr)))
    (local.get $answer))

  ;; Operations 4 read, 5 write, 6 pread, 7 pwrite over iovecs, piece by piece until one is cut short. An error after
  ;; the first piece ends it as well, and comes again when the guest goes on.
  (func $transfer (param $operation i32) (param $fd i32) (param $at i32) (param $count i32) (param $position i64)
    (param $out i32) (result i32)
    (local $ptr i32) (local $left i32) (local $len i32) (local $moved i64) (local $answer i64)
    (if (i32.eqz (i32.and
          (call $in_guest (local.get $at) (i64.mul (i64.extend_i32_u (local.get $count)) (i64.const 8)))
          (call $in_guest (local.get $out) (i64.const 4))))
      (then (return (i32.const 21))))
    (local.set $moved (call $total (local.get $at) (local.get $count)))
    (if (i64.lt_s (local.get $moved) (i64.const 0)) (then (return (i32.const 21))))
    (if (i64.gt_u (local.get $moved) (i64.const 0xffffffff)) (then (return (i32.const 28))))
    (if (i64.eqz (local.get $moved)) (then
      ;; Nothing to move: is it a file that could be?
      (local.set $answer (call $piece (local.get $operation) (local.get $fd) (local.get $position)
        (i32.const 0) (i32.const 0)))
      (if (i64.lt_s (local.get $answer) (i64.const 0)) (then (return (call $errno (local.get $answer)))))))
    (local.set $moved (i64.const 0))
    (block $done (loop $next
      (if (i32.eqz (local.get $left)) (then
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $ptr (i32.load (local.get $at)))
        (local.set $left (i32.load offset=4 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        ;; Again: what was read may have been written over the iovecs.
        (if (i32.eqz (call $in_guest (local.get $ptr) (i64.extend_i32_u (local.get $left))))
          (then (return (i32.const 21))))
        (br $next)))
      (local.set $len (select (local.get $left) (i32.const 65536) (i32.lt_u (local.get $left) (i32.const 65536))))
      (local.set $answer (call $piece (local.get $operation) (local.get $fd)
        (i64.add (local.get $position) (local.get $moved)) (local.get $ptr) (local.get $len)))
      (if (i64.lt_s (local.get $answer) (i64.const 0)) (then
        (if (i64.eqz (local.get $moved)) (then (return (call $errno (local.get $answer)))))
        (br $done)))
      (local.set $moved (i64.add (local.get $moved) (local.get $answer)))
      (br_if $done (i64.lt_u (local.get $answer) (i64.extend_i32_u (local.get $len))))
      (local.set $ptr (i32.add (local.get $ptr) (local.get $len)))
      (local.set $left (i32.sub (local.get $left) (local.get $len)))
      (br $next)))
    (i64.store32 (local.get $out) (local.get $moved))
    (i32.const 0))

  ;; ---- open files and folders ---------------------------------------------------------------------------------------
  ;; Advice is taken by whoever has the file open, and does nothing.
  (func $fd_advise (export "wasi_snapshot_preview1.fd_advise")
    (param $fd i32) (param $from i64) (param $len i64) (param $advice i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_advise (local.get $fd) (local.get $from) (local.get $len) (local.get $advice)))))
    (call $errno (call $plain (i32.const 9) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0))))

  (func $fd_allocate (export "wasi_snapshot_preview1.fd_allocate")
    (param $fd i32) (param $from i64) (param $len i64) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_allocate (local.get $fd) (local.get $from) (local.get $len)))))
    (i32.const 58))

  (func $fd_close (export "wasi_snapshot_preview1.fd_close") (param $fd i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_close (local.get $fd)))))
    (call $errno (call $plain (i32.const 3) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0))))

  (func $fd_datasync (export "wasi_snapshot_preview1.fd_datasync") (param $fd i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_datasync (local.get $fd)))))
    (call $errno (call $plain (i32.const 14) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0))))

  (func $fd_fdstat_get (export "wasi_snapshot_preview1.fd_fdstat_get") (param $fd i32) (param $out i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_fdstat_get (local.get $fd) (local.get $out)))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 24))) (then (return (i32.const 21))))
    (call $take (call $plain (i32.const 9) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0))
      (local.get $out)))

  (func $fd_fdstat_set_flags (export "wasi_snapshot_preview1.fd_fdstat_set_flags")
    (param $fd i32) (param $flags i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_fdstat_set_flags (local.get $fd) (local.get $flags)))))
    (call $errno (call $plain (i32.const 10) (local.get $fd) (i64.extend_i32_u (local.get $flags)) (i64.const 0)
      (i64.const 0))))

  (func $fd_fdstat_set_rights (export "wasi_snapshot_preview1.fd_fdstat_set_rights")
    (param $fd i32) (param $base i64) (param $inheriting i64) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_fdstat_set_rights (local.get $fd) (local.get $base) (local.get $inheriting)))))
    (i32.const 58))

  (func $fd_filestat_get (export "wasi_snapshot_preview1.fd_filestat_get")
    (param $fd i32) (param $out i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_filestat_get (local.get $fd) (local.get $out)))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 64))) (then (return (i32.const 21))))
    (call $take (call $plain (i32.const 11) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0))
      (local.get $out)))

  (func $fd_filestat_set_size (export "wasi_snapshot_preview1.fd_filestat_set_size")
    (param $fd i32) (param $size i64) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_filestat_set_size (local.get $fd) (local.get $size)))))
    (call $errno (call $plain (i32.const 12) (local.get $fd) (local.get $size) (i64.const 0) (i64.const 0))))

  (func $fd_filestat_set_times (export "wasi_snapshot_preview1.fd_filestat_set_times")
    (param $fd i32) (param $access i64) (param $modification i64) (param $flags i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_filestat_set_times (local.get $fd) (local.get $access) (local.get $modification)
        (local.get $flags)))))
    (call $errno (call $plain (i32.const 13) (local.get $fd) (local.get $access) (local.get $modification)
      (i64.extend_i32_u (local.get $flags)))))

  (func $fd_pread (export "wasi_snapshot_preview1.fd_pread")
    (param $fd i32) (param $iovs i32) (param $count i32) (param $position i64) (param $out i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_pread (local.get $fd) (local.get $iovs) (local.get $count) (local.get $position)
        (local.get $out)))))
    (call $transfer (i32.const 6) (local.get $fd) (local.get $iovs) (local.get $count) (local.get $position)
      (local.get $out)))

  (func $fd_pwrite (export "wasi_snapshot_preview1.fd_pwrite")
    (param $fd i32) (param $iovs i32) (param $count i32) (param $position i64) (param $out i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_pwrite (local.get $fd) (local.get $iovs) (local.get $count) (local.get $position)
        (local.get $out)))))
    (call $transfer (i32.const 7) (local.get $fd) (local.get $iovs) (local.get $count) (local.get $position)
      (local.get $out)))

  (func $fd_read (export "wasi_snapshot_preview1.fd_read")
    (param $fd i32) (param $iovs i32) (param $count i32) (param $out i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_read (local.get $fd) (local.get $iovs) (local.get $count) (local.get $out)))))
    (call $transfer (i32.const 4) (local.get $fd) (local.get $iovs) (local.get $count) (i64.const 0)
      (local.get $out)))

  (func $fd_write (export "wasi_snapshot_preview1.fd_write")
    (param $fd i32) (param $iovs i32) (param $count i32) (param $out i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_write (local.get $fd) (local.get $iovs) (local.get $count) (local.get $out)))))
    (call $transfer (i32.const 5) (local.get $fd) (local.get $iovs) (local.get $count) (i64.const 0)
      (local.get $out)))

  (func $fd_renumber (export "wasi_snapshot_preview1.fd_renumber") (param $fd i32) (param $to i32) (result i32)
    (if (i32.or (call $is_stream (local.get $fd)) (call $is_stream (local.get $to))) (then
      (return (call $stream_fd_renumber (local.get $fd) (local.get $to)))))
    (call $errno (call $plain (i32.const 16) (local.get $fd) (i64.extend_i32_u (local.get $to)) (i64.const 0)
      (i64.const 0))))

  (func $fd_seek (export "wasi_snapshot_preview1.fd_seek")
    (param $fd i32) (param $offset i64) (param $whence i32) (param $out i32) (result i32) (local $answer i64)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_seek (local.get $fd) (local.get $offset) (local.get $whence) (local.get $out)))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 8))) (then (return (i32.const 21))))
    (local.set $answer (call $plain (i32.const 8) (local.get $fd) (local.get $offset)
      (i64.extend_i32_u (local.get $whence)) (i64.const 0)))
    (if (i64.ge_s (local.get $answer) (i64.const 0)) (then (i64.store (local.get $out) (local.get $answer))))
    (call $errno (local.get $answer)))

  (func $fd_sync (export "wasi_snapshot_preview1.fd_sync") (param $fd i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_sync (local.get $fd)))))
    (call $errno (call $plain (i32.const 14) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0))))

  (func $fd_tell (export "wasi_snapshot_preview1.fd_tell") (param $fd i32) (param $out i32) (result i32)
    (if (call $is_stream (local.get $fd)) (then
      (return (call $stream_fd_tell (local.get $fd) (local.get $out)))))
    (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 1) (local.get $out)))

  (func $fd_prestat_get (export "wasi_snapshot_preview1.fd_prestat_get")
    (param $fd i32) (param $out i32) (result i32) (local $answer i64)
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 8))) (then (return (i32.const 21))))
    (local.set $answer (call $plain (i32.const 1) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0)))
    (if (i64.ge_s (local.get $answer) (i64.const 0)) (then
      ;; Tag 0, a folder, and the length of its name.
      (i64.store (local.get $out) (i64.shl (local.get $answer) (i64.const 32)))))
    (call $errno (local.get $answer)))

  (func $fd_prestat_dir_name (export "wasi_snapshot_preview1.fd_prestat_dir_name")
    (param $fd i32) (param $out i32) (param $len i32) (result i32) (local $answer i64)
    (if (i32.eqz (call $in_guest (local.get $out) (i64.extend_i32_u (local.get $len))))
      (then (return (i32.const 21))))
    (local.set $answer (call $plain (i32.const 1) (local.get $fd) (i64.const 0) (i64.const 0) (i64.const 0)))
    (if (i64.gt_s (local.get $answer) (i64.extend_i32_u (local.get $len))) (then (return (i32.const 37))))
    (call $take (local.get $answer) (local.get $out)))

  (func $fd_readdir (export "wasi_snapshot_preview1.fd_readdir")
    (param $fd i32) (param $buffer i32) (param $len i32) (param $cookie i64) (param $out i32) (result i32)
    (local $answer i64)
    (if (i32.eqz (i32.and (call $in_guest (local.get $buffer) (i64.extend_i32_u (local.get $len)))
                          (call $in_guest (local.get $out) (i64.const 4))))
      (then (return (i32.const 21))))
    (local.set $answer (call $plain (i32.const 15) (local.get $fd) (local.get $cookie)
      (i64.extend_i32_u (local.get $len)) (i64.const 0)))
    (if (i64.ge_s (local.get $answer) (i64.const 0)) (then (i64.store32 (local.get $out) (local.get $answer))))
    (call $take (local.get $answer) (local.get $buffer)))

  ;; ---- paths --------------------------------------------------------------------------------------------------------
  (func $path_create_directory (export "wasi_snapshot_preview1.path_create_directory")
    (param $fd i32) (param $path i32) (param $len i32) (result i32)
    (call $on_path (i32.const 19) (local.get $fd) (local.get $path) (local.get $len)))

  (func $path_remove_directory (export "wasi_snapshot_preview1.path_remove_directory")
    (param $fd i32) (param $path i32) (param $len i32) (result i32)
    (call $on_path (i32.const 20) (local.get $fd) (local.get $path) (local.get $len)))

  (func $path_unlink_file (export "wasi_snapshot_preview1.path_unlink_file")
    (param $fd i32) (param $path i32) (param $len i32) (result i32)
    (call $on_path (i32.const 21) (local.get $fd) (local.get $path) (local.get $len)))

  (func $path_filestat_get (export "wasi_snapshot_preview1.path_filestat_get")
    (param $fd i32) (param $lookup i32) (param $path i32) (param $len i32) (param $out i32) (result i32)
    (local $errno i32)
    (local.set $errno (call $path_errno (local.get $path) (local.get $len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 64))) (then (return (i32.const 21))))
    (call $take
      (call $ask (i32.const 17) (local.get $fd) (i64.extend_i32_u (local.get $lookup)) (i64.const 0) (i64.const 0)
        (local.get $path) (local.get $len))
      (local.get $out)))

  (func $path_filestat_set_times (export "wasi_snapshot_preview1.path_filestat_set_times")
    (param $fd i32) (param $lookup i32) (param $path i32) (param $len i32) (param $access i64)
    (param $modification i64) (param $flags i32) (result i32) (local $errno i32)
    (local.set $errno (call $path_errno (local.get $path) (local.get $len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (call $errno (call $ask (i32.const 18) (local.get $fd) (local.get $access) (local.get $modification)
      (i64.or (i64.extend_i32_u (local.get $flags)) (i64.shl (i64.extend_i32_u (local.get $lookup)) (i64.const 32)))
      (local.get $path) (local.get $len))))

  ;; Links can't be made: other programs might follow them out of the folder.
  (func $path_link (export "wasi_snapshot_preview1.path_link")
    (param $old i32) (param $lookup i32) (param $path i32) (param $len i32) (param $new i32) (param $new_path i32)
    (param $new_len i32) (result i32)
    (i32.const 58))

  (func $path_open (export "wasi_snapshot_preview1.path_open")
    (param $fd i32) (param $lookup i32) (param $path i32) (param $len i32) (param $oflags i32) (param $rights i64)
    (param $inheriting i64) (param $fdflags i32) (param $out i32) (result i32) (local $errno i32) (local $answer i64)
    (local.set $errno (call $path_errno (local.get $path) (local.get $len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (if (i32.eqz (call $in_guest (local.get $out) (i64.const 4))) (then (return (i32.const 21))))
    (local.set $answer (call $ask (i32.const 2) (local.get $fd)
      (i64.or (i64.extend_i32_u (local.get $oflags)) (i64.shl (i64.extend_i32_u (local.get $lookup)) (i64.const 32)))
      (local.get $rights) (i64.extend_i32_u (local.get $fdflags)) (local.get $path) (local.get $len)))
    (if (i64.ge_s (local.get $answer) (i64.const 0)) (then (i64.store32 (local.get $out) (local.get $answer))))
    (call $errno (local.get $answer)))

  (func $path_readlink (export "wasi_snapshot_preview1.path_readlink")
    (param $fd i32) (param $path i32) (param $len i32) (param $buffer i32) (param $size i32) (param $out i32)
    (result i32) (local $errno i32) (local $answer i64)
    (local.set $errno (call $path_errno (local.get $path) (local.get $len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (if (i32.eqz (i32.and (call $in_guest (local.get $buffer) (i64.extend_i32_u (local.get $size)))
                          (call $in_guest (local.get $out) (i64.const 4))))
      (then (return (i32.const 21))))
    (local.set $answer (call $ask (i32.const 23) (local.get $fd) (i64.extend_i32_u (local.get $size))
      (i64.const 0) (i64.const 0) (local.get $path) (local.get $len)))
    (if (i64.ge_s (local.get $answer) (i64.const 0)) (then (i64.store32 (local.get $out) (local.get $answer))))
    (call $take (local.get $answer) (local.get $buffer)))

  (func $path_rename (export "wasi_snapshot_preview1.path_rename")
    (param $fd i32) (param $path i32) (param $len i32) (param $new i32) (param $new_path i32) (param $new_len i32)
    (result i32) (local $errno i32) (local $at i32) (local $size i32)
    (local.set $errno (call $path_errno (local.get $path) (local.get $len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (local.set $errno (call $path_errno (local.get $new_path) (local.get $new_len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (local.set $size (i32.add (local.get $len) (local.get $new_len)))
    (local.set $at (call $head (i32.const 22) (local.get $fd) (i64.extend_i32_u (local.get $new))
      (i64.extend_i32_u (local.get $len)) (i64.const 0) (local.get $size)))
    (memory.copy $mailbox $guest (local.get $at) (local.get $path) (local.get $len))
    (memory.copy $mailbox $guest (i32.add (local.get $at) (local.get $len)) (local.get $new_path)
      (local.get $new_len))
    (call $errno (call $send (local.get $size))))

  (func $path_symlink (export "wasi_snapshot_preview1.path_symlink")
    (param $target i32) (param $target_len i32) (param $fd i32) (param $path i32) (param $len i32) (result i32)
    (i32.const 58)))
