;; Never returns.
(func $attack (result i32)
  (loop $on (br $on))
  (unreachable))
