  ;; Call a function that writes its pointer and its length to where it is told, on the guest's own stack.
  (import "guest" "add_to_stack_pointer" (func $add_to_stack_pointer (param i32) (result i32)))
  (func $run (param $p i32) (param $n i32) (param $slot i32) (result i32 i32) (local $at i32)
    (local.set $at (call $add_to_stack_pointer (i32.const -16)))
    ;; A stack that is not in the memory has no room for a result: one that lies nowhere stands for it.
    (if (i32.eqz (call $in_guest (local.get $at) (i32.const 16))) (then (return (i32.const -1) (i32.const 16))))
    (call_indirect $functions (param i32 i32 i32) (local.get $at) (local.get $p) (local.get $n) (local.get $slot))
    (i32.load $guest (local.get $at))
    (i32.load $guest offset=4 (local.get $at))
    (drop (call $add_to_stack_pointer (i32.const 16))))
