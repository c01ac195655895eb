  ;; Call a function that returns its pointer and its length.
  (func $run (param $p i32) (param $n i32) (param $slot i32) (result i32 i32)
    (call_indirect $functions (param i32 i32) (result i32 i32) (local.get $p) (local.get $n) (local.get $slot)))
