//! What becomes of a message.
const std = @import("std");
const Message = @import("message.zig").Message;

pub const Outcome = union(enum) {
    answer: Message,
    /// Several messages as one result.
    several: []const Message,
    drop,
};

pub const Error = error{ Failed, OutOfMemory };

/// Says why an operation fails.
pub const Reason = struct {
    text: []const u8 = "",

    pub fn fail(reason: *Reason, text: []const u8) Error {
        reason.text = text;
        return error.Failed;
    }
};
