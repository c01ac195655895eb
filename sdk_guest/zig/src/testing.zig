//! What tests of all ABIs have in common.
const Level = @import("log.zig").Level;

/// A line of the log.
pub const Line = struct {
    level: Level,
    text: []const u8,
};
