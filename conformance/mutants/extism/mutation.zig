//! Which mutation the module is: 0 is a guest that is right in everything, any other number breaks one requirement.
//!
//! The number stands behind a mark in the module's data, so that one build serves for all: whoever wants a mutant writes
//! the number over the zeros. It is that of the requirement (EXT-041 is 41).
const Marked = extern struct { mark: [16]u8, number: u32 };

/// Exported and no constant, or the compiler would take the number for 0.
export var mutation: Marked = .{ .mark = "PLUGBAY-MUTATION".*, .number = 0 };

/// Whether this is the mutation of that number.
pub fn is(number: u32) bool {
    return mutation.number == number;
}
