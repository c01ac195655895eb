;; Writes to every address, and beyond the last.
(func $attack (result i64) (local $at i32)
  (loop $on
    (i64.store (local.get $at) (i64.const -1))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br $on))
  (unreachable))
