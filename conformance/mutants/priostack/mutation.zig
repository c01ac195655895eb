//! Which mutation the module is: 0 is a guest that is right in everything, any other number breaks one requirement.
//!
//! The number stands behind a mark in the module's data, so that one build serves for all: whoever wants a mutant writes
//! the number over the zeros. It is that of the requirement (PRI-041 is 41), plus 1000 for each further way to break it.
const Marked = extern struct { mark: [16]u8, number: u32 };

/// A variable, or the compiler would take the number for 0 wherever it is read; exported, or the mark would not be kept.
export var mutation: Marked = .{ .mark = "PLUGBAY-MUTATION".*, .number = 0 };

/// Whether this is the mutation of that number.
pub fn is(number: u32) bool {
    const current: *const volatile u32 = &mutation.number;
    return current.* == number;
}
