;; The Extism kernel and driver: what a plugin imports from extism:host/env, and one message, or a batch, in one crossing
;; (ABI sheet "Extism and Reflow actors: the facts").
;;
;; It needs nothing of the guest, so it is instantiated first and the guest imports its functions directly. It owns four
;; memories. The mailbox is shared with the host (plugbay.engines.wasmtime.mailbox). $heap is Extism's memory, all that
;; a guest's handles and pointers can reach. What the kernel must rely on lies out of their reach: $map describes the
;; blocks of the heap, and $store holds config and variables.
(module $plugbay.extism
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "host" "fetch" (func $fetch (param i32)))

  (memory $heap 1)
  (memory $map 1)
  (memory $store 1)

  ;; The exports that are called, put there by the host: a call's function is its slot, plus its kind << 8.
  (table $functions (export "functions") 16 funcref)

  ;; Set once, by setup.
  (global $heap_pages (mut i32) (i32.const 1))   ;; that the heap may have
  (global $var_most (mut i32) (i32.const 0))     ;; bytes of variables, 0 when there may be none

  ;; Per message, beside what the shared text counts.
  (global $input (mut i64) (i64.const 0))        ;; handle
  (global $input_size (mut i64) (i64.const 0))
  (global $output (mut i64) (i64.const 0))       ;; pointer
  (global $output_size (mut i64) (i64.const 0))
  (global $error (mut i64) (i64.const 0))        ;; handle, 0 when the guest reported no error

  (global $http_status (mut i32) (i32.const 0))  ;; of the last request

  ;; include mailbox.wat

  ;; The pages that are missing for $end bytes in a memory of $pages.
  (func $missing (param $end i64) (param $pages i32) (result i32)
    (i32.wrap_i64 (i64.sub (i64.shr_u (i64.add (local.get $end) (i64.const 65535)) (i64.const 16))
                           (i64.extend_i32_u (local.get $pages)))))

  ;; ---- the heap: granules of 32 bytes -------------------------------------------------------------------------------
  ;; A handle is the offset of a block, which begins at a granule. $map has 8 bytes for each granule, from 1024 on: where
  ;; a block begins, u32 its length in bytes (of a free block, the granule of the next one of its class) and u32 its
  ;; granules << 1, plus 1 while it is live; 0 elsewhere. So a handle is checked, and its length known, by one look.
  ;; Before them, from 0 on, lies the first free block of each size class, u32. Four classes to each power of two; a
  ;; block's size is rounded up to its class's, so that a freed one fits the next one of the same size.
  (global $span (mut i64) (i64.const 0))        ;; bytes that blocks reached in this call, from 32 on
  (global $span_of_u64 (mut i64) (i64.const 0)) ;; the same, for the first byte of 8
  (global $free_low (mut i64) (i64.const 0))    ;; a bit for each class, 0 to 63, that has a free block
  (global $free_high (mut i64) (i64.const 0))   ;; 64 to 127

  (func $set_span (param $to i64)
    (global.set $span (local.get $to))
    (global.set $span_of_u64 (select (i64.sub (local.get $to) (i64.const 7)) (i64.const 0) (i64.ne (local.get $to) (i64.const 0)))))

  ;; Where $map describes the block at a handle.
  (func $entry (param $handle i32) (result i32)
    (i32.add (i32.const 1024) (i32.shr_u (local.get $handle) (i32.const 2))))

  ;; The map's entry of a live block; 0 for any other number.
  (func $live (param $handle i64) (result i32) (local $at i32)
    (if (i64.ge_u (i64.sub (local.get $handle) (i64.const 32)) (global.get $span)) (then (return (i32.const 0))))
    (if (i32.and (i32.wrap_i64 (local.get $handle)) (i32.const 31)) (then (return (i32.const 0))))
    (local.set $at (call $entry (i32.wrap_i64 (local.get $handle))))
    (select (local.get $at) (i32.const 0) (i32.and (i32.load $map offset=4 (local.get $at)) (i32.const 1))))

  (func $length (export "extism:host/env.length") (export "extism:host/env.length_unsafe")
    (param $handle i64) (result i64) (local $at i32)
    (local.set $at (call $live (local.get $handle)))
    (if (result i64) (local.get $at) (then (i64.load32_u $map (local.get $at))) (else (i64.const 0))))

  ;; Granules rounded up to what their class holds, and the class of a number of granules.
  (func $rounded (param $granules i32) (result i32) (local $step i32)
    (if (i32.lt_u (local.get $granules) (i32.const 8)) (then (return (local.get $granules))))
    (local.set $step (i32.shl (i32.const 1) (i32.sub (i32.const 29) (i32.clz (local.get $granules)))))
    (i32.and (i32.add (local.get $granules) (i32.sub (local.get $step) (i32.const 1))) (i32.sub (i32.const 0) (local.get $step))))

  (func $class (param $granules i32) (result i32) (local $power i32)
    (if (i32.lt_u (local.get $granules) (i32.const 8)) (then (return (local.get $granules))))
    (local.set $power (i32.sub (i32.const 31) (i32.clz (local.get $granules))))
    (i32.add (i32.shl (i32.sub (local.get $power) (i32.const 1)) (i32.const 2))
             (i32.and (i32.shr_u (local.get $granules) (i32.sub (local.get $power) (i32.const 2))) (i32.const 3))))

  ;; The smallest class from $class on that has a free block; 128 when none has.
  (func $class_with_block (param $class i32) (result i32) (local $found i64)
    (if (i32.lt_u (local.get $class) (i32.const 64)) (then
      (local.set $found (i64.and (global.get $free_low) (i64.shl (i64.const -1) (i64.extend_i32_u (local.get $class)))))
      (if (i64.ne (local.get $found) (i64.const 0)) (then (return (i32.wrap_i64 (i64.ctz (local.get $found))))))
      (local.set $class (i32.const 64))))
    (local.set $found (i64.and (global.get $free_high)
      (i64.shl (i64.const -1) (i64.extend_i32_u (i32.sub (local.get $class) (i32.const 64))))))
    (i32.add (i32.const 64) (i32.wrap_i64 (i64.ctz (local.get $found)))))

  (func $mark_class (param $class i32) (param $has i64)
    (if (i32.lt_u (local.get $class) (i32.const 64))
      (then (global.set $free_low (i64.or
        (i64.and (global.get $free_low) (i64.xor (i64.const -1) (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $class)))))
        (i64.shl (local.get $has) (i64.extend_i32_u (local.get $class))))))
      (else
        (local.set $class (i32.sub (local.get $class) (i32.const 64)))
        (global.set $free_high (i64.or
          (i64.and (global.get $free_high) (i64.xor (i64.const -1) (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $class)))))
          (i64.shl (local.get $has) (i64.extend_i32_u (local.get $class))))))))

  ;; Put the granules from a handle on among the free blocks.
  (func $push_free (param $handle i32) (param $granules i32) (local $head i32) (local $at i32) (local $class i32)
    (local.set $class (call $class (local.get $granules)))
    (local.set $head (i32.shl (local.get $class) (i32.const 2)))
    (local.set $at (call $entry (local.get $handle)))
    (i32.store $map (local.get $at) (i32.load $map (local.get $head)))
    (i32.store $map offset=4 (local.get $at) (i32.shl (local.get $granules) (i32.const 1)))
    (i32.store $map (local.get $head) (i32.shr_u (local.get $handle) (i32.const 5)))
    (call $mark_class (local.get $class) (i64.const 1)))

  ;; Take a free block of at least $granules, a rounded number; what is left of it, from 128 bytes on, stays free. Its
  ;; handle, 0 when there is none.
  (func $take_free (param $granules i32) (result i32) (local $class i32) (local $head i32) (local $handle i32) (local $at i32)
    (local $has i32)
    (local.set $class (call $class_with_block (call $class (local.get $granules))))
    (if (i32.eq (local.get $class) (i32.const 128)) (then (return (i32.const 0))))
    (local.set $head (i32.shl (local.get $class) (i32.const 2)))
    (local.set $handle (i32.shl (i32.load $map (local.get $head)) (i32.const 5)))
    (local.set $at (call $entry (local.get $handle)))
    (local.set $has (i32.shr_u (i32.load $map offset=4 (local.get $at)) (i32.const 1)))
    (i32.store $map (local.get $head) (i32.load $map (local.get $at)))
    (if (i32.eqz (i32.load $map (local.get $head))) (then (call $mark_class (local.get $class) (i64.const 0))))
    (if (i32.ge_u (i32.sub (local.get $has) (local.get $granules)) (i32.const 4)) (then
      (call $push_free (i32.add (local.get $handle) (i32.shl (local.get $granules) (i32.const 5)))
                       (i32.sub (local.get $has) (local.get $granules)))
      (local.set $has (local.get $granules))))
    (i32.store $map offset=4 (local.get $at) (i32.shl (local.get $has) (i32.const 1)))
    (local.get $handle))

  ;; Take granules behind all blocks; 0 when the heap may not grow so far.
  (func $take_new (param $granules i32) (result i32) (local $at i64) (local $end i64) (local $pages i32)
    (local.set $at (i64.add (global.get $span) (i64.const 32)))
    (local.set $end (i64.add (local.get $at) (i64.shl (i64.extend_i32_u (local.get $granules)) (i64.const 5))))
    (if (i64.gt_u (local.get $end) (i64.shl (i64.extend_i32_u (global.get $heap_pages)) (i64.const 16)))
      (then (return (i32.const 0))))
    (local.set $pages (call $missing (i64.add (i64.const 1024) (i64.shr_u (local.get $end) (i64.const 2))) (memory.size $map)))
    (if (i32.gt_s (local.get $pages) (i32.const 0)) (then
      (if (i32.eq (i32.const -1) (memory.grow $map (local.get $pages))) (then (return (i32.const 0))))))
    (local.set $pages (call $missing (local.get $end) (memory.size $heap)))
    (if (i32.gt_s (local.get $pages) (i32.const 0)) (then
      (if (i32.eq (i32.const -1) (memory.grow $heap (local.get $pages))) (then (return (i32.const 0))))))
    (call $set_span (i64.sub (local.get $end) (i64.const 32)))
    (i32.store $map offset=4 (call $entry (i32.wrap_i64 (local.get $at))) (i32.shl (local.get $granules) (i32.const 1)))
    (i32.wrap_i64 (local.get $at)))

  ;; A live block of $n bytes, more than 0, whose bytes are whatever was there; 0 when the heap is exhausted.
  (func $block (param $n i32) (result i32) (local $least i32) (local $granules i32) (local $handle i32) (local $at i32)
    ;; A heap of 65,536 pages has 2**27 granules: no rounded number of them overflows.
    (local.set $least
      (i32.add (i32.shr_u (local.get $n) (i32.const 5)) (i32.ne (i32.and (local.get $n) (i32.const 31)) (i32.const 0))))
    (local.set $granules (call $rounded (local.get $least)))
    (if (i64.ne (i64.or (global.get $free_low) (global.get $free_high)) (i64.const 0))
      (then (local.set $handle (call $take_free (local.get $granules)))))
    (if (i32.eqz (local.get $handle)) (then
      (local.set $handle (call $take_new (local.get $granules)))
      ;; The last bytes of a heap still hold what fits them without rounding.
      (if (i32.eqz (local.get $handle)) (then (local.set $handle (call $take_new (local.get $least)))))
      (if (i32.eqz (local.get $handle)) (then (return (i32.const 0))))))
    (local.set $at (call $entry (local.get $handle)))
    (i32.store $map (local.get $at) (local.get $n))
    (i32.store $map offset=4 (local.get $at) (i32.or (i32.load $map offset=4 (local.get $at)) (i32.const 1)))
    (local.get $handle))

  ;; The same for the host's own needs: stops the guest when the heap is exhausted. An empty block is the handle 0.
  (func $host_block (param $n i32) (result i32) (local $handle i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (local.set $handle (call $block (local.get $n)))
    (if (i32.eqz (local.get $handle)) (then (call $stop (i32.const 9) (local.get $n))))
    (local.get $handle))

  ;; Blocks are zeroed: what a message left behind must not turn up in another one's output.
  (func (export "extism:host/env.alloc") (param $n i64) (result i64) (local $handle i32)
    (if (i64.gt_u (i64.sub (local.get $n) (i64.const 1)) (i64.const 0xfffffffe)) (then (return (i64.const 0))))
    (local.set $handle (call $block (i32.wrap_i64 (local.get $n))))
    (if (local.get $handle)
      (then (memory.fill $heap (local.get $handle) (i32.const 0) (i32.wrap_i64 (local.get $n)))))
    (i64.extend_i32_u (local.get $handle)))

  (func $free (export "extism:host/env.free") (param $handle i64) (local $at i32)
    (local.set $at (call $live (local.get $handle)))
    (if (i32.eqz (local.get $at)) (then (return)))
    (call $push_free (i32.wrap_i64 (local.get $handle)) (i32.shr_u (i32.load $map offset=4 (local.get $at)) (i32.const 1)))
    (if (i64.eq (local.get $handle) (global.get $input)) (then (global.set $input_size (i64.const 0)))))

  ;; Forget every block, input, output and error.
  (func $reset (export "extism:host/env.reset")
    (memory.fill $map (i32.const 1032) (i32.const 0) (i32.shr_u (i32.wrap_i64 (global.get $span)) (i32.const 2)))
    (if (i64.ne (i64.or (global.get $free_low) (global.get $free_high)) (i64.const 0)) (then
      (memory.fill $map (i32.const 0) (i32.const 0) (i32.const 512))
      (global.set $free_low (i64.const 0))
      (global.set $free_high (i64.const 0))))
    (call $set_span (i64.const 0))
    (global.set $input (i64.const 0))
    (global.set $input_size (i64.const 0))
    (global.set $output (i64.const 0))
    (global.set $output_size (i64.const 0))
    (global.set $error (i64.const 0)))

  (func (export "extism:host/env.memory_bytes") (result i64)
    (i64.shl (i64.extend_i32_u (memory.size $heap)) (i64.const 16)))

  ;; ---- loads and stores: what lies beyond every block reads 0 and is not written ------------------------------------
  (func (export "extism:host/env.load_u8") (param $p i64) (result i32)
    (if (result i32) (i64.lt_u (i64.sub (local.get $p) (i64.const 32)) (global.get $span))
      (then (i32.load8_u $heap (i32.wrap_i64 (local.get $p)))) (else (i32.const 0))))

  (func (export "extism:host/env.load_u64") (param $p i64) (result i64)
    (if (result i64) (i64.lt_u (i64.sub (local.get $p) (i64.const 32)) (global.get $span_of_u64))
      (then (i64.load $heap align=1 (i32.wrap_i64 (local.get $p)))) (else (i64.const 0))))

  (func (export "extism:host/env.store_u8") (param $p i64) (param $value i32)
    (if (i64.lt_u (i64.sub (local.get $p) (i64.const 32)) (global.get $span))
      (then (i32.store8 $heap (i32.wrap_i64 (local.get $p)) (local.get $value)))))

  (func (export "extism:host/env.store_u64") (param $p i64) (param $value i64)
    (if (i64.lt_u (i64.sub (local.get $p) (i64.const 32)) (global.get $span_of_u64))
      (then (i64.store $heap align=1 (i32.wrap_i64 (local.get $p)) (local.get $value)))))

  ;; ---- input, output and error --------------------------------------------------------------------------------------
  (func (export "extism:host/env.input_length") (result i64) (global.get $input_size))
  (func (export "extism:host/env.input_offset") (result i64) (global.get $input))

  (func (export "extism:host/env.input_load_u8") (param $offset i64) (result i32)
    (if (result i32) (i64.lt_u (local.get $offset) (global.get $input_size))
      (then (i32.load8_u $heap (i32.wrap_i64 (i64.add (global.get $input) (local.get $offset))))) (else (i32.const 0))))

  (func (export "extism:host/env.input_load_u64") (param $offset i64) (result i64)
    (if (i64.lt_u (global.get $input_size) (i64.const 8)) (then (return (i64.const 0))))
    (if (result i64) (i64.le_u (local.get $offset) (i64.sub (global.get $input_size) (i64.const 8)))
      (then (i64.load $heap align=1 (i32.wrap_i64 (i64.add (global.get $input) (local.get $offset)))))
      (else (i64.const 0))))

  ;; Whether [p, p+len) lies where blocks reached.
  (func $in_heap (param $p i64) (param $len i64) (result i32)
    (i32.and (i64.le_u (local.get $len) (global.get $span))
             (i64.le_u (i64.sub (local.get $p) (i64.const 32)) (i64.sub (global.get $span) (local.get $len)))))

  (func (export "extism:host/env.input_set") (param $p i64) (param $len i64)
    (if (call $in_heap (local.get $p) (local.get $len)) (then
      (global.set $input (local.get $p))
      (global.set $input_size (local.get $len)))))

  (func (export "extism:host/env.output_set") (param $p i64) (param $len i64)
    (if (i64.eqz (local.get $len)) (then (local.set $p (i64.const 32))))
    (if (i32.eqz (call $in_heap (local.get $p) (local.get $len)))
      (then (call $stop (i32.const 10) (i32.wrap_i64 (local.get $len)))))
    (global.set $output (local.get $p))
    (global.set $output_size (local.get $len)))

  (func (export "extism:host/env.output_offset") (result i64) (global.get $output))
  (func (export "extism:host/env.output_length") (result i64) (global.get $output_size))

  ;; A record at once, so that the text is there also when the guest traps. Kind 20; an empty one takes it back. Each
  ;; costs its length and its header, or a guest could fill the mailbox with them.
  (func (export "extism:host/env.error_set") (param $handle i64) (local $len i32)
    (local.set $len (call $size_of (local.get $handle)))
    (global.set $error (select (local.get $handle) (i64.const 0) (local.get $len)))
    (call $spend (i32.const 8))
    (call $spend (local.get $len))
    (memory.copy $mailbox $heap (call $record (i32.const 20) (local.get $len))
      (i32.wrap_i64 (global.get $error)) (local.get $len)))

  (func (export "extism:host/env.error_get") (result i64) (global.get $error))

  ;; ---- config and variables -----------------------------------------------------------------------------------------
  ;; $store: the first entry of each of 256 buckets, u32 each, then entries, from $base to $end: u32 next of its bucket,
  ;; u32 hash, u32 length of the key, u32 length of the value, u32 space (0 config, 1 variables, 2 dead), key, value, to
  ;; the next 8 bytes. A value that is replaced leaves a dead entry.
  ;;
  ;; Out of fuel, or out of time, a guest can be stopped at any call, loop or copy of the kernel, and its variables still
  ;; go to the instance that replaces it. So an entry is written beyond $end first, and what $dump reads then changes in a
  ;; straight line of stores.
  (global $base (mut i32) (i32.const 1024))
  (global $end (mut i32) (i32.const 1024))
  (global $dead (mut i32) (i32.const 0))         ;; bytes of dead entries
  (global $var_used (mut i64) (i64.const 0))     ;; bytes, counted as Extism counts: 48 beside each key and value

  ;; FNV-1a over the key; the space is the seed.
  (func $hash (param $space i32) (param $p i32) (param $len i32) (result i32) (local $hash i32)
    (local.set $hash (i32.xor (i32.const 0x811c9dc5) (local.get $space)))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $len)))
      (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u $heap (local.get $p))) (i32.const 0x01000193)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (br $next)))
    (local.get $hash))

  (func $bucket (param $hash i32) (result i32)
    (i32.shl (i32.and (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 16))) (i32.const 255)) (i32.const 2)))

  ;; Whether $len bytes of the heap are those of the store.
  (func $same (param $p i32) (param $q i32) (param $len i32) (result i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $len)))
      (if (i32.ne (i32.load8_u $heap (local.get $p)) (i32.load8_u $store (local.get $q))) (then (return (i32.const 0))))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (local.set $q (i32.add (local.get $q) (i32.const 1)))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (br $next)))
    (i32.const 1))

  ;; The entry of a key, 0 when there is none.
  (func $find (param $space i32) (param $key i32) (param $len i32) (result i32) (local $at i32) (local $hash i32)
    (local.set $hash (call $hash (local.get $space) (local.get $key) (local.get $len)))
    (local.set $at (i32.load $store (call $bucket (local.get $hash))))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $at)))
      (if (i32.and
            (i32.and (i32.eq (i32.load $store offset=4 (local.get $at)) (local.get $hash))
                     (i32.eq (i32.load $store offset=8 (local.get $at)) (local.get $len)))
            (i32.eq (i32.load $store offset=16 (local.get $at)) (local.get $space)))
        (then (br_if $done (call $same (local.get $key) (i32.add (local.get $at) (i32.const 20)) (local.get $len)))))
      (local.set $at (i32.load $store (local.get $at)))
      (br $next)))
    (local.get $at))

  ;; Bytes of an entry.
  (func $extent (param $at i32) (result i32)
    (i32.and (i32.add (i32.const 27) (i32.add (i32.load $store offset=8 (local.get $at)) (i32.load $store offset=12 (local.get $at))))
             (i32.const -8)))

  (func $value_at (param $at i32) (result i32)
    (i32.add (local.get $at) (i32.add (i32.const 20) (i32.load $store offset=8 (local.get $at)))))

  (func $var_cost (param $at i32) (result i64)
    (i64.add (i64.const 48) (i64.add (i64.load32_u $store offset=8 (local.get $at)) (i64.load32_u $store offset=12 (local.get $at)))))

  (func $link (param $at i32) (local $bucket i32)
    (local.set $bucket (call $bucket (i32.load $store offset=4 (local.get $at))))
    (i32.store $store (local.get $at) (i32.load $store (local.get $bucket)))
    (i32.store $store (local.get $bucket) (local.get $at)))

  ;; The word that leads to an entry: in its bucket, or in the entry before it.
  (func $leads_to (param $at i32) (result i32) (local $before i32)
    (local.set $before (call $bucket (i32.load $store offset=4 (local.get $at))))
    (block $found (loop $next
      (br_if $found (i32.eq (i32.load $store (local.get $before)) (local.get $at)))
      (local.set $before (i32.load $store (local.get $before)))
      (br $next)))
    (local.get $before))

  ;; Take a variable away.
  (func $remove (param $at i32) (local $before i32) (local $extent i32) (local $cost i64)
    (local.set $before (call $leads_to (local.get $at)))
    (local.set $extent (call $extent (local.get $at)))
    (local.set $cost (call $var_cost (local.get $at)))
    (i32.store $store (local.get $before) (i32.load $store (local.get $at)))
    (i32.store $store offset=16 (local.get $at) (i32.const 2))
    (global.set $dead (i32.add (global.get $dead) (local.get $extent)))
    (global.set $var_used (i64.sub (global.get $var_used) (local.get $cost))))

  ;; Make the store hold $bytes from $at on.
  (func $reach (param $at i32) (param $bytes i64) (local $pages i32)
    (local.set $pages (call $missing (i64.add (i64.extend_i32_u (local.get $at)) (local.get $bytes)) (memory.size $store)))
    (if (i32.gt_s (local.get $pages) (i32.const 0)) (then
      (if (i32.eq (i32.const -1) (memory.grow $store (local.get $pages)))
        (then (call $stop (i32.const 9) (i32.wrap_i64 (local.get $bytes))))))))

  ;; Leave the dead behind: the living are copied, in order, below all entries if they fit there, else above.
  (func $compact (local $from i32) (local $to i32) (local $start i32) (local $size i32)
    (local.set $size (i32.sub (i32.sub (global.get $end) (global.get $base)) (global.get $dead)))
    (local.set $start (select (i32.const 1024) (global.get $end)
      (i32.le_u (local.get $size) (i32.sub (global.get $base) (i32.const 1024)))))
    (call $reach (local.get $start) (i64.extend_i32_u (local.get $size)))
    (memory.fill $store (i32.const 0) (i32.const 0) (i32.const 1024))
    (local.set $from (global.get $base))
    (local.set $to (local.get $start))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $from) (global.get $end)))
      (local.set $size (call $extent (local.get $from)))
      (if (i32.ne (i32.load $store offset=16 (local.get $from)) (i32.const 2)) (then
        (memory.copy $store $store (local.get $to) (local.get $from) (local.get $size))
        (call $link (local.get $to))
        (local.set $to (i32.add (local.get $to) (local.get $size)))))
      (local.set $from (i32.add (local.get $from) (local.get $size)))
      (br $next)))
    (global.set $base (local.get $start))
    (global.set $end (local.get $to))
    (global.set $dead (i32.const 0)))

  (func $put (param $space i32) (param $key i32) (param $len i32) (param $value i32) (param $size i32)
    (local $old i32) (local $before i32) (local $extent i32) (local $cost i64)
    (local $new i32) (local $hash i32) (local $bucket i32) (local $after i32)
    (if (i32.gt_u (global.get $dead)
          (i32.add (i32.const 65536) (i32.sub (i32.sub (global.get $end) (global.get $base)) (global.get $dead))))
      (then (call $compact)))
    (local.set $old (call $find (local.get $space) (local.get $key) (local.get $len)))
    (if (local.get $old) (then
      (local.set $before (call $leads_to (local.get $old)))
      (local.set $extent (call $extent (local.get $old)))
      (local.set $cost (call $var_cost (local.get $old)))))
    (local.set $hash (call $hash (local.get $space) (local.get $key) (local.get $len)))
    (local.set $bucket (call $bucket (local.get $hash)))
    (local.set $new (global.get $end))
    (call $reach (local.get $new)
      (i64.add (i64.const 27) (i64.add (i64.extend_i32_u (local.get $len)) (i64.extend_i32_u (local.get $size)))))
    (i32.store $store offset=4 (local.get $new) (local.get $hash))
    (i32.store $store offset=8 (local.get $new) (local.get $len))
    (i32.store $store offset=12 (local.get $new) (local.get $size))
    (i32.store $store offset=16 (local.get $new) (local.get $space))
    (memory.copy $store $heap (i32.add (local.get $new) (i32.const 20)) (local.get $key) (local.get $len))
    (memory.copy $store $heap (call $value_at (local.get $new)) (local.get $value) (local.get $size))
    (local.set $after (i32.add (local.get $new) (call $extent (local.get $new))))
    ;; The straight line.
    (if (local.get $old) (then
      (i32.store $store (local.get $before) (i32.load $store (local.get $old)))
      (i32.store $store offset=16 (local.get $old) (i32.const 2))
      (global.set $dead (i32.add (global.get $dead) (local.get $extent)))))
    (i32.store $store (local.get $new) (i32.load $store (local.get $bucket)))
    (i32.store $store (local.get $bucket) (local.get $new))
    (global.set $end (local.get $after))
    (if (local.get $space) (then (global.set $var_used (i64.add
      (i64.sub (global.get $var_used) (local.get $cost))
      (i64.add (i64.const 48) (i64.add (i64.extend_i32_u (local.get $len)) (i64.extend_i32_u (local.get $size)))))))))

  ;; The length of a live block, 0 of the null handle, which an empty text has; stops the guest when the handle is none.
  (func $size_of (export "size_of") (param $handle i64) (result i32) (local $at i32)
    (if (i64.eqz (local.get $handle)) (then (return (i32.const 0))))
    (local.set $at (call $live (local.get $handle)))
    (if (i32.eqz (local.get $at)) (then (call $stop (i32.const 8) (i32.wrap_i64 (local.get $handle)))))
    (i32.load $map (local.get $at)))

  ;; The value of a key as a new block, 0 when there is none; the key is freed.
  (func $get (param $space i32) (param $key i64) (result i64) (local $at i32) (local $size i32) (local $handle i32)
    (local.set $size (call $size_of (local.get $key)))
    (local.set $at (call $find (local.get $space) (i32.wrap_i64 (local.get $key)) (local.get $size)))
    (call $free (local.get $key))
    (if (i32.eqz (local.get $at)) (then (return (i64.const 0))))
    (local.set $size (i32.load $store offset=12 (local.get $at)))
    (local.set $handle (call $host_block (local.get $size)))
    (memory.copy $heap $store (local.get $handle) (call $value_at (local.get $at)) (local.get $size))
    (i64.extend_i32_u (local.get $handle)))

  (func (export "extism:host/env.config_get") (param $key i64) (result i64) (call $get (i32.const 0) (local.get $key)))
  (func (export "extism:host/env.var_get") (param $key i64) (result i64) (call $get (i32.const 1) (local.get $key)))

  (func (export "extism:host/env.var_set") (param $key i64) (param $value i64)
    (local $at i32) (local $len i32) (local $size i32) (local $wanted i64)
    (if (i32.eqz (global.get $var_most)) (then (call $stop (i32.const 11) (i32.const 0))))
    (local.set $len (call $size_of (local.get $key)))
    (if (i64.eqz (local.get $value)) (then
      (local.set $at (call $find (i32.const 1) (i32.wrap_i64 (local.get $key)) (local.get $len)))
      (call $free (local.get $key))
      (if (local.get $at) (then (call $remove (local.get $at))))
      (return)))
    (local.set $size (call $size_of (local.get $value)))
    ;; A value that replaces another counts beside it, as in Extism.
    (local.set $wanted (i64.add (i64.add (global.get $var_used) (i64.const 48))
                                (i64.add (i64.extend_i32_u (local.get $len)) (i64.extend_i32_u (local.get $size)))))
    (if (i64.gt_u (local.get $wanted) (i64.extend_i32_u (global.get $var_most)))
      (then (call $stop (i32.const 12) (i32.wrap_i64 (local.get $wanted)))))
    (call $put (i32.const 1) (i32.wrap_i64 (local.get $key)) (local.get $len) (i32.wrap_i64 (local.get $value)) (local.get $size))
    (call $free (local.get $value))
    (call $free (local.get $key)))

  ;; ---- logs ---------------------------------------------------------------------------------------------------------
  (func $log (param $kind i32) (param $handle i64) (local $len i32) (local $at i32)
    (if (i32.eqz (i32.and (i32.load $mailbox (i32.const 52)) (i32.const 1))) (then
      (local.set $len (call $size_of (local.get $handle)))
      (local.set $at (call $open_note (local.get $kind) (local.get $len)))
      (memory.copy $mailbox $heap (local.get $at) (i32.wrap_i64 (local.get $handle)) (local.get $len))))
    (call $free (local.get $handle)))

  (func (export "extism:host/env.log_trace") (param $message i64) (call $log (i32.const 5) (local.get $message)))
  (func (export "extism:host/env.log_debug") (param $message i64) (call $log (i32.const 1) (local.get $message)))
  (func (export "extism:host/env.log_info") (param $message i64) (call $log (i32.const 2) (local.get $message)))
  (func (export "extism:host/env.log_warn") (param $message i64) (call $log (i32.const 3) (local.get $message)))
  (func (export "extism:host/env.log_error") (param $message i64) (call $log (i32.const 4) (local.get $message)))

  ;; Every level is kept, or none.
  (func (export "extism:host/env.get_log_level") (result i32)
    (select (i32.const 0x7fffffff) (i32.const 0) (i32.and (i32.load $mailbox (i32.const 52)) (i32.const 1))))

  ;; ---- requests to the host -----------------------------------------------------------------------------------------
  ;; Arguments are put at the top, which stays, one after another: each of these answers where the next one goes.

  ;; A block: u32 its length, its bytes. A null handle is a length of all ones.
  (func $put_block (export "put_block") (param $at i32) (param $handle i64) (result i32) (local $len i32)
    (call $reserve (i32.add (local.get $at) (i32.const 4)))
    (if (i64.eqz (local.get $handle)) (then
      (i32.store $mailbox (local.get $at) (i32.const -1))
      (return (i32.add (local.get $at) (i32.const 4)))))
    (local.set $len (call $size_of (local.get $handle)))
    (i32.store $mailbox (local.get $at) (local.get $len))
    (local.set $at (i32.add (local.get $at) (i32.const 4)))
    ;; A request may hold as much as a message's outputs.
    (if (i32.gt_u (local.get $len) (i32.load $mailbox (i32.const 36))) (then (call $stop (i32.const 3) (local.get $len))))
    (call $reserve (i32.add (local.get $at) (local.get $len)))
    (memory.copy $mailbox $heap (local.get $at) (i32.wrap_i64 (local.get $handle)) (local.get $len))
    (i32.add (local.get $at) (local.get $len)))

  ;; 8 bytes.
  (func $put_u64 (export "put_u64") (param $at i32) (param $value i64) (result i32)
    (call $reserve (i32.add (local.get $at) (i32.const 8)))
    (i64.store $mailbox (local.get $at) (local.get $value))
    (i32.add (local.get $at) (i32.const 8)))

  ;; The answer of a service as a block, 0 for an absent or empty one.
  (func $take (export "take") (param $answer i64) (result i64) (local $len i32) (local $handle i32)
    (if (i64.le_s (local.get $answer) (i64.const 0)) (then (return (i64.const 0))))
    (local.set $len (i32.wrap_i64 (local.get $answer)))
    (local.set $handle (call $host_block (local.get $len)))
    (call $reserve (i32.add (call $top) (local.get $len)))
    (call $fetch (call $top))
    (memory.copy $heap $mailbox (local.get $handle) (call $top) (local.get $len))
    (i64.extend_i32_u (local.get $handle)))

  (func $ask (param $operation i32) (param $end i32) (result i64)
    (call $service (local.get $operation) (call $top) (i32.sub (local.get $end) (call $top))))

  ;; The host answers the status, and keeps body and headers for the questions that follow.
  (func (export "extism:host/env.http_request") (param $request i64) (param $body i64) (result i64)
    (global.set $http_status (i32.const 0))
    (global.set $http_status (i32.wrap_i64 (call $ask (i32.const 128)
      (call $put_block (call $put_block (call $top) (local.get $request)) (local.get $body)))))
    (call $free (local.get $request))
    (call $free (local.get $body))
    (call $take (call $ask (i32.const 129) (call $top))))

  (func (export "extism:host/env.http_status_code") (result i32) (global.get $http_status))
  (func (export "extism:host/env.http_headers") (result i64) (call $take (call $ask (i32.const 130) (call $top))))

  ;; ---- one message --------------------------------------------------------------------------------------------------
  ;; Call a function; its return code. A result that is no i32 counts as -1.
  (func $run (param $function i32) (result i32) (local $slot i32)
    (local.set $slot (i32.and (local.get $function) (i32.const 0xff)))
    (block $f64 (block $f32 (block $i64 (block $i32 (block $none
      (br_table $none $i32 $i64 $f32 $f64 (i32.shr_u (local.get $function) (i32.const 8))))
      (call_indirect $functions (local.get $slot))
      (return (i32.const 0)))
      (return (call_indirect $functions (result i32) (local.get $slot))))
      (drop (call_indirect $functions (result i64) (local.get $slot)))
      (return (i32.const -1)))
      (drop (call_indirect $functions (result f32) (local.get $slot)))
      (return (i32.const -1)))
    (drop (call_indirect $functions (result f64) (local.get $slot)))
    (i32.const -1))

  ;; Take what the call led to to the mailbox: status 3 an error text (a record), 4 a return code, 0 the output.
  (func $deliver (param $code i32) (result i32) (local $at i32) (local $len i32)
    (local.set $at (call $top))
    (if (i64.ne (global.get $error) (i64.const 0))
      (then (return (call $finish (local.get $at) (i32.const 0) (i32.const 3)))))
    (if (local.get $code) (then
      (call $reserve (i32.add (local.get $at) (i32.const 4)))
      (i32.store $mailbox (local.get $at) (local.get $code))
      (call $set_top (i32.add (local.get $at) (i32.const 4)))
      (return (call $finish (local.get $at) (i32.const 4) (i32.const 4)))))
    (local.set $len (i32.wrap_i64 (global.get $output_size)))
    (if (i32.gt_u (local.get $len) (i32.sub (i32.load $mailbox (i32.const 36)) (global.get $out_used)))
      (then (return (call $finish (local.get $at) (local.get $len) (i32.const 20)))))
    (call $reserve (i32.add (local.get $at) (local.get $len)))
    (memory.copy $mailbox $heap (local.get $at) (i32.wrap_i64 (global.get $output)) (local.get $len))
    (call $set_top (i32.add (local.get $at) (local.get $len)))
    (call $finish (local.get $at) (local.get $len) (i32.const 0)))

  ;; The message of $n bytes at $in. Once the guest has its input, the message's area may start at $reuse.
  (func $one (param $in i32) (param $n i32) (param $reuse i32) (param $function i32) (result i32)
    (call $begin)
    (call $reset)
    (if (local.get $n) (then
      (global.set $input (i64.extend_i32_u (call $block (local.get $n))))
      (if (i64.eqz (global.get $input)) (then (return (call $finish (call $top) (local.get $n) (i32.const 16)))))
      (memory.copy $heap $mailbox (i32.wrap_i64 (global.get $input)) (local.get $in) (local.get $n))
      (global.set $input_size (i64.extend_i32_u (local.get $n)))))
    (call $reuse_input (local.get $reuse))
    (call $deliver (call $run (local.get $function))))

  ;; ---- what the host calls ------------------------------------------------------------------------------------------
  ;; Copy $len bytes of the mailbox into a new block.
  (func $inward (param $at i32) (param $len i32) (result i32) (local $handle i32)
    (local.set $handle (call $host_block (local.get $len)))
    (memory.copy $heap $mailbox (local.get $handle) (local.get $at) (local.get $len))
    (local.get $handle))

  ;; Limits, config and the variables of an instance that this one replaces, from the input on: u32 pages of the heap,
  ;; u32 bytes of variables, u32 count of config entries, u32 count of variables, then of each entry u32 length of key,
  ;; u32 length of value, key, value.
  (func (export "setup") (local $at i32) (local $config i32) (local $left i32) (local $len i32) (local $size i32)
    (global.set $heap_pages (i32.load $mailbox (i32.const 64)))
    (global.set $var_most (i32.load $mailbox (i32.const 68)))
    (local.set $config (i32.load $mailbox (i32.const 72)))
    (local.set $left (i32.add (local.get $config) (i32.load $mailbox (i32.const 76))))
    (local.set $at (i32.const 80))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $len (i32.load $mailbox (local.get $at)))
      (local.set $size (i32.load $mailbox offset=4 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (call $put (i32.eqz (local.get $config))
        (call $inward (local.get $at) (local.get $len)) (local.get $len)
        (call $inward (i32.add (local.get $at) (local.get $len)) (local.get $size)) (local.get $size))
      (call $reset)
      (local.set $at (i32.add (local.get $at) (i32.add (local.get $len) (local.get $size))))
      (if (local.get $config) (then (local.set $config (i32.sub (local.get $config) (i32.const 1)))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next))))

  ;; The variables as entries of setup, from the input on: the row's words are where they start, their bytes, their count.
  (func (export "dump") (local $from i32) (local $at i32) (local $count i32) (local $len i32) (local $size i32)
    (local.set $from (global.get $base))
    (local.set $at (i32.const 64))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $from) (global.get $end)))
      (if (i32.eq (i32.load $store offset=16 (local.get $from)) (i32.const 1)) (then
        (local.set $len (i32.load $store offset=8 (local.get $from)))
        (local.set $size (i32.load $store offset=12 (local.get $from)))
        (call $reserve (i32.add (local.get $at) (i32.add (i32.const 8) (i32.add (local.get $len) (local.get $size)))))
        (i32.store $mailbox (local.get $at) (local.get $len))
        (i32.store $mailbox offset=4 (local.get $at) (local.get $size))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (memory.copy $mailbox $store (local.get $at) (i32.add (local.get $from) (i32.const 20)) (local.get $len))
        (local.set $at (i32.add (local.get $at) (local.get $len)))
        (memory.copy $mailbox $store (local.get $at) (call $value_at (local.get $from)) (local.get $size))
        (local.set $at (i32.add (local.get $at) (local.get $size)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))))
      (local.set $from (i32.add (local.get $from) (call $extent (local.get $from))))
      (br $next)))
    (i32.store $mailbox (i32.const 0) (i32.const 64))
    (i32.store $mailbox (i32.const 4) (i32.sub (local.get $at) (i32.const 64)))
    (i32.store $mailbox (i32.const 8) (local.get $count)))

  ;; After a guest ended itself with code 0: what it set until then is the message's result.
  (func (export "exited") (drop (call $deliver (i32.const 0)))))
