//! One call of a byte function.

use crate::bytes::Function;
use crate::runtime::memory::{self, Lent};

/// Says that the bytes are why the function failed.
const FAILED: u64 = 1 << 63;

/// Calls a function with the host's bytes, and packs its output, or why it failed.
pub fn run<'a, A>(function: impl Function<'a, A>, input: &'a Lent) -> u64 {
    match function.call(input.bytes()) {
        Ok(output) => memory::give(output),
        // A failure has some text, or it would be an empty output.
        Err(error) if error.reason().is_empty() => memory::give("failed without a reason".into()) | FAILED,
        Err(error) => memory::give(error.reason().as_bytes().to_vec()) | FAILED,
    }
}
