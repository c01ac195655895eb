//! A rack for tests.
pub const fake = struct {};
