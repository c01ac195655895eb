//! Why a message failed. Zig's errors carry no text, so the text is kept beside: it belongs to the error that was
//! returned last, and to the message that runs.
const std = @import("std");

var buffer: [512]u8 = undefined;
var text: []const u8 = "";
var owner: ?anyerror = null;

/// Keep the joined parts as the reason of `cause`, cut at 512 bytes, and answer the cause: `return record(error.X, …)`.
pub fn record(cause: anytype, parts: []const []const u8) @TypeOf(cause) {
    return keep(cause, join(parts));
}

noinline fn join(parts: []const []const u8) []const u8 {
    var used: usize = 0;
    for (parts) |part| {
        const most = @min(part.len, buffer.len - used);
        @memcpy(buffer[used..][0..most], part[0..most]);
        used += most;
        if (most < part.len) {
            // Not half a character.
            while (used > 0 and buffer[used - 1] & 0xc0 == 0x80) used -= 1;
            if (used > 0 and buffer[used - 1] >= 0xc0) used -= 1;
            break;
        }
    }
    return buffer[0..used];
}

/// Keep a text that stays where it is until the message ends.
pub fn keep(cause: anytype, reason: []const u8) @TypeOf(cause) {
    text = reason;
    owner = cause;
    return cause;
}

/// The reason that belongs to an error: the text that was kept for it, else the error's name.
pub fn reasonOf(cause: anyerror) []const u8 {
    if (owner) |known| if (known == cause) return text;
    return if (cause == error.OutOfMemory) "out of memory" else @errorName(cause);
}

/// Forget the reason; a message begins.
pub fn clear() void {
    owner = null;
}

/// Keep a copy of the reason, which may lie in memory that the function gives back.
pub fn copy(arena: std.mem.Allocator, reason: []const u8) error{Failed} {
    return keep(error.Failed, arena.dupe(u8, reason) catch return record(error.Failed, &.{reason}));
}
