;; Counts to 2**63.
(func $attack (result i64) (local $count i64)
  (loop $on
    (local.set $count (i64.add (local.get $count) (i64.const 1)))
    (br_if $on (i64.gt_s (local.get $count) (i64.const 0))))
  (local.get $count))
