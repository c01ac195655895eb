//! One call of a byte function: what it is given.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");
const host = @import("host.zig").host;
const Level = @import("../log.zig").Level;

/// What a function reaches while it runs.
pub const Call = struct {
    /// Memory that lasts until the call is done. Nothing of it has to be freed.
    arena: Allocator,

    /// Write a line to the host's log. There is no level `trace` in PrioStack; it counts as `debug`.
    pub fn log(_: *const Call, level: Level, text: []const u8) void {
        writeLog(level, text);
    }

    /// `log` with a text that is put together.
    pub fn logf(call: *const Call, level: Level, comptime format: []const u8, arguments: anytype) void {
        writeLog(level, std.fmt.allocPrint(call.arena, format, arguments) catch format);
    }

    /// Fail the call with a message for people: `return call.fail("email is required");`.
    pub fn fail(call: *const Call, reason: []const u8) error{Failed} {
        return failure.copy(call.arena, reason);
    }

    /// `fail` with a message that is put together.
    pub fn failf(call: *const Call, comptime format: []const u8, arguments: anytype) error{Failed} {
        return failure.keep(error.Failed, std.fmt.allocPrint(call.arena, format, arguments) catch format);
    }

    /// The host's time, in Unix nanoseconds. A host that does not tell it ends the call.
    pub fn now(_: *const Call) i64 {
        return host.now();
    }

    /// Fill the bytes with random ones, good for cryptography. A host that gives none ends the call.
    pub fn random(_: *const Call, bytes: []u8) void {
        host.random(bytes_of.pointer(bytes), bytes.len);
    }
};

/// Write a line to the host's log.
pub fn writeLog(level: Level, text: []const u8) void {
    host.log(@max(1, @backingInt(level)), bytes_of.pointer(text), text.len);
}
