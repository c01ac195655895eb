//! CBOR (RFC 8949) as fluxrig's messages use it: strict in both directions.
//!
//! Any width of integers, and arrays, maps and strings of indefinite length are read; tags, simple values other than
//! false, true and null, keys that are no text or stand twice, and more than [`MAX_DEPTH`] containers inside each other are
//! not. Integers are written in their shortest form, floats in 64 bits, but for those that are no numbers.

mod half;
mod read;
mod sink;
mod write;

pub use read::read;
pub use write::Writer;

/// Containers inside each other.
pub const MAX_DEPTH: usize = 32;
