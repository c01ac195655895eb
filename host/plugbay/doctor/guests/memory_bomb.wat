;; Takes all the memory that it can get, then gives up the way a language's runtime does.
(func $attack (result i64)
  (loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
  (unreachable))
