;; Never comes back.
(func $attack (result i64)
  (loop $forever (br $forever))
  (unreachable))
