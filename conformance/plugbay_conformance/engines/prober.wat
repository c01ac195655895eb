;; The prober stands beside a guest, in the same store, and calls it many times in one crossing: plans for its allocator,
;; and thousands of messages. It has a memory of its own, which the host lays out (plugbay_conformance.engines.prober), and
;; looks at every pointer before it uses it.
;;
;; How the guest is called is its shape: 0 packed with free(p, n), 1 packed with free(p), 2 wasm-bindgen with two results,
;; 3 wasm-bindgen's older one with a place for them, 4 AssemblyScript (plugbay_conformance.engines.contract.FunctionShape).
;; Faults: 1 the allocator gave null, 2 a buffer that does not lie in the memory, 3 a block lost its bytes, 4 an output that
;; does not lie in the memory, 5 one that is larger than the prober takes.
(module $plugbay.prober
  (import "guest" "memory" (memory $guest 0))
  (memory $own (export "own") 1 4096)
  ;; 0 alloc, 1 free, 2 the function, 3 the stack pointer's, 4 pin, 5 collect; put there by the host.
  (table $functions (export "functions") 6 funcref)

  (global $shape (export "shape") (mut i32) (i32.const 0))
  (global $fault (export "fault") (mut i32) (i32.const 0))
  (global $fault_pointer (export "fault_pointer") (mut i32) (i32.const 0))
  (global $fault_size (export "fault_size") (mut i32) (i32.const 0))
  (global $serial (mut i64) (i64.const 0))
  (global $top (export "top") (mut i32) (i32.const 0))   ;; where the next output goes

  ;; ---- the guest's functions ----------------------------------------------------------------------------------------
  (func $allocate (param $n i32) (result i32) (local $p i32)
    (if (i32.le_u (global.get $shape) (i32.const 1))
      (then (return (call_indirect $functions (param i32) (result i32) (local.get $n) (i32.const 0)))))
    (local.set $p
      (call_indirect $functions (param i32 i32) (result i32) (local.get $n) (i32.const 1) (i32.const 0)))
    (if (i32.and (i32.eq (global.get $shape) (i32.const 4)) (i32.ne (local.get $p) (i32.const 0)))
      (then (drop (call_indirect $functions (param i32) (result i32) (local.get $p) (i32.const 4)))))
    (local.get $p))

  (func $release (param $p i32) (param $n i32)
    (if (i32.eqz (global.get $shape))
      (then (call_indirect $functions (param i32 i32) (local.get $p) (local.get $n) (i32.const 1)) (return)))
    (if (i32.or (i32.eq (global.get $shape) (i32.const 1)) (i32.eq (global.get $shape) (i32.const 4)))
      (then (call_indirect $functions (param i32) (local.get $p) (i32.const 1)) (return)))
    (call_indirect $functions (param i32 i32 i32) (local.get $p) (local.get $n) (i32.const 1) (i32.const 1)))

  (func $collect
    (if (i32.eq (global.get $shape) (i32.const 4)) (then (call_indirect $functions (i32.const 5)))))

  ;; ---- checks -------------------------------------------------------------------------------------------------------
  (func $in_guest (param $p i32) (param $n i32) (result i32)
    (i64.le_u (i64.add (i64.extend_i32_u (local.get $p)) (i64.extend_i32_u (local.get $n)))
              (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))))

  (func $fail (param $fault i32) (param $p i32) (param $n i32) (result i32)
    (global.set $fault (local.get $fault))
    (global.set $fault_pointer (local.get $p))
    (global.set $fault_size (local.get $n))
    (i32.const 1))

  ;; Whether what the allocator gave for $n bytes can't be used; the fault is then set.
  (func $refuse (param $p i32) (param $n i32) (result i32)
    (if (i32.and (i32.eqz (local.get $p)) (i32.ne (local.get $n) (i32.const 0)))
      (then (return (call $fail (i32.const 1) (local.get $p) (local.get $n)))))
    (if (call $in_guest (local.get $p) (local.get $n)) (then (return (i32.const 0))))
    (call $fail (i32.const 2) (local.get $p) (local.get $n)))

  ;; ---- plans for the allocator --------------------------------------------------------------------------------------
  ;; A block is filled with the eight bytes of its own number, over and over, so that no two that live have the same.
  (func $pattern (param $serial i64) (result i64)
    (i64.mul (i64.add (local.get $serial) (i64.const 1)) (i64.const 0x9e3779b97f4a7c15)))

  (func $fill (param $p i32) (param $n i32) (param $word i64) (local $words_end i32) (local $end i32)
    (local.set $end (i32.add (local.get $p) (local.get $n)))
    (local.set $words_end (i32.add (local.get $p) (i32.and (local.get $n) (i32.const -8))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $p) (local.get $words_end)))
      (i64.store $guest (local.get $p) (local.get $word))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br $next)))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $p) (local.get $end)))
      (i64.store8 $guest (local.get $p) (local.get $word))
      (local.set $word (i64.shr_u (local.get $word) (i64.const 8)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br $next))))

  (func $holds (param $p i32) (param $n i32) (param $word i64) (result i32) (local $words_end i32) (local $end i32)
    (local.set $end (i32.add (local.get $p) (local.get $n)))
    (local.set $words_end (i32.add (local.get $p) (i32.and (local.get $n) (i32.const -8))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $p) (local.get $words_end)))
      (if (i64.ne (i64.load $guest (local.get $p)) (local.get $word)) (then (return (i32.const 0))))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br $next)))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $p) (local.get $end)))
      (if (i64.ne (i64.load8_u $guest (local.get $p)) (i64.and (local.get $word) (i64.const 0xff)))
        (then (return (i32.const 0))))
      (local.set $word (i64.shr_u (local.get $word) (i64.const 8)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br $next)))
    (i32.const 1))

  ;; One step: 4 bytes with the place of a slot, 4 with a size, -1 to free. A slot: u32 pointer, u32 size, u64 number.
  (func $step (param $at i32) (result i32) (local $slot i32) (local $n i32) (local $p i32)
    (local.set $slot (i32.load $own (local.get $at)))
    (local.set $n (i32.load $own offset=4 (local.get $at)))
    (if (i32.eq (local.get $n) (i32.const -1)) (then (return (call $give_back (local.get $slot)))))
    (local.set $p (call $allocate (local.get $n)))
    (if (call $refuse (local.get $p) (local.get $n)) (then (return (i32.const 1))))
    (call $fill (local.get $p) (local.get $n) (call $pattern (global.get $serial)))
    (i32.store $own (local.get $slot) (local.get $p))
    (i32.store $own offset=4 (local.get $slot) (local.get $n))
    (i64.store $own offset=8 (local.get $slot) (global.get $serial))
    (global.set $serial (i64.add (global.get $serial) (i64.const 1)))
    (i32.const 0))

  (func $give_back (param $slot i32) (result i32) (local $p i32) (local $n i32)
    (local.set $p (i32.load $own (local.get $slot)))
    (local.set $n (i32.load $own offset=4 (local.get $slot)))
    (if (i32.eqz (call $holds (local.get $p) (local.get $n) (call $pattern (i64.load $own offset=8 (local.get $slot)))))
      (then (return (call $fail (i32.const 3) (local.get $p) (local.get $n)))))
    (call $release (local.get $p) (local.get $n))
    (i32.const 0))

  ;; Run the plan, $count steps at $plan, $rounds times; the rounds that were finished.
  (func (export "run_plan") (param $plan i32) (param $count i32) (param $rounds i32) (result i32)
    (local $done i32) (local $at i32) (local $end i32)
    (local.set $end (i32.add (local.get $plan) (i32.shl (local.get $count) (i32.const 3))))
    (block $stop (loop $round
      (br_if $stop (i32.eq (local.get $done) (local.get $rounds)))
      (local.set $at (local.get $plan))
      (loop $next
        (br_if $stop (call $step (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $next (i32.ne (local.get $at) (local.get $end))))
      (call $collect)
      (local.set $done (i32.add (local.get $done) (i32.const 1)))
      (br $round)))
    (local.get $done))

  ;; ---- messages -----------------------------------------------------------------------------------------------------
  ;; Append an output: its length, then its bytes.
  (func $append (param $q i32) (param $k i32) (result i32) (local $end i64) (local $missing i64)
    (if (i32.eqz (call $in_guest (local.get $q) (local.get $k)))
      (then (return (call $fail (i32.const 4) (local.get $q) (local.get $k)))))
    (local.set $end (i64.add (i64.extend_i32_u (global.get $top)) (i64.add (i64.const 4) (i64.extend_i32_u (local.get $k)))))
    (local.set $missing (i64.sub (local.get $end) (i64.shl (i64.extend_i32_u (memory.size $own)) (i64.const 16))))
    (if (i64.gt_s (local.get $missing) (i64.const 0))
      (then (if (i32.eq (i32.const -1) (memory.grow $own
                  (i32.wrap_i64 (i64.shr_u (i64.add (local.get $missing) (i64.const 65535)) (i64.const 16)))))
        (then (return (call $fail (i32.const 5) (local.get $q) (local.get $k)))))))
    (i32.store $own (global.get $top) (local.get $k))
    (memory.copy $own $guest (i32.add (global.get $top) (i32.const 4)) (local.get $q) (local.get $k))
    (global.set $top (i32.wrap_i64 (local.get $end)))
    (i32.const 0))

  ;; One message each: 1 when the guest broke its ABI, and the fault is set.
  (func $packed (param $p i32) (param $n i32) (result i32) (local $result i64) (local $q i32) (local $k i32)
    (local.set $result (call_indirect $functions (param i32 i32) (result i64) (local.get $p) (local.get $n) (i32.const 2)))
    (local.set $q (i32.and (i32.wrap_i64 (i64.shr_u (local.get $result) (i64.const 32))) (i32.const 0x7fffffff)))
    (local.set $k (i32.wrap_i64 (local.get $result)))
    (if (local.get $k) (then
      (if (call $append (local.get $q) (local.get $k)) (then (return (i32.const 1)))))
      (else (drop (call $append (i32.const 0) (i32.const 0)))))
    (if (i64.lt_s (local.get $result) (i64.const 0)) (then
      (global.set $top (i32.sub (global.get $top) (local.get $k)))
      (i32.store $own (i32.sub (global.get $top) (i32.const 4)) (i32.const -1))))
    (call $release (local.get $p) (local.get $n))
    (if (local.get $k) (then (call $release (local.get $q) (local.get $k))))
    (i32.const 0))

  (func $bindgen (param $p i32) (param $n i32) (result i32) (local $at i32) (local $q i32) (local $k i32)
    (if (i32.eq (global.get $shape) (i32.const 2))
      (then
        (call_indirect $functions (param i32 i32) (result i32 i32) (local.get $p) (local.get $n) (i32.const 2))
        (local.set $k)
        (local.set $q))
      (else
        (local.set $at (call_indirect $functions (param i32) (result i32) (i32.const -16) (i32.const 3)))
        (call_indirect $functions (param i32 i32 i32) (local.get $at) (local.get $p) (local.get $n) (i32.const 2))
        (local.set $q (i32.load $guest (local.get $at)))
        (local.set $k (i32.load $guest offset=4 (local.get $at)))
        (drop (call_indirect $functions (param i32) (result i32) (i32.const 16) (i32.const 3)))))
    (if (i32.eqz (local.get $k)) (then (return (call $append (i32.const 0) (i32.const 0)))))
    (if (call $append (local.get $q) (local.get $k)) (then (return (i32.const 1))))
    (call $release (local.get $q) (local.get $k))
    (i32.const 0))

  (func $buffer (param $p i32) (param $n i32) (result i32) (local $q i32) (local $k i32)
    (local.set $q (call_indirect $functions (param i32) (result i32) (local.get $p) (i32.const 2)))
    (if (local.get $q) (then
      (if (i32.or (i32.lt_u (local.get $q) (i32.const 4)) (i32.eqz (call $in_guest (local.get $q) (i32.const 0))))
        (then (return (call $fail (i32.const 4) (local.get $q) (i32.const 0)))))
      (local.set $k (i32.load $guest (i32.sub (local.get $q) (i32.const 4))))))
    (if (call $append (local.get $q) (local.get $k)) (then (return (i32.const 1))))
    (call $release (local.get $p) (i32.const 0))
    (i32.const 0))

  (func $message (param $in i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (call $allocate (local.get $n)))
    (if (call $refuse (local.get $p) (local.get $n)) (then (return (i32.const 1))))
    (memory.copy $guest $own (local.get $p) (local.get $in) (local.get $n))
    (if (i32.le_u (global.get $shape) (i32.const 1)) (then (return (call $packed (local.get $p) (local.get $n)))))
    (if (i32.eq (global.get $shape) (i32.const 4)) (then (return (call $buffer (local.get $p) (local.get $n)))))
    (call $bindgen (local.get $p) (local.get $n)))

  ;; Send messages $first to $end, the payloads in turn: a table of $count places and lengths at $payloads. Outputs go to
  ;; $top and on; the rest is left for the next time once they fill more than $most bytes. The messages that were sent.
  (func (export "send") (param $payloads i32) (param $count i32) (param $first i32) (param $end i32) (param $most i32)
    (result i32) (local $next i32) (local $payload i32) (local $stop_at i32)
    (local.set $next (local.get $first))
    (local.set $stop_at (i32.add (global.get $top) (local.get $most)))
    (block $stop (loop $again
      (br_if $stop (i32.eq (local.get $next) (local.get $end)))
      (br_if $stop (i32.gt_u (global.get $top) (local.get $stop_at)))
      (local.set $payload (i32.add (local.get $payloads)
        (i32.shl (i32.rem_u (local.get $next) (local.get $count)) (i32.const 3))))
      (br_if $stop (call $message (i32.load $own (local.get $payload)) (i32.load $own offset=4 (local.get $payload))))
      (local.set $next (i32.add (local.get $next) (i32.const 1)))
      (if (i32.eqz (i32.rem_u (local.get $next) (i32.const 100))) (then (call $collect)))
      (br $again)))
    (i32.sub (local.get $next) (local.get $first))))
