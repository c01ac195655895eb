//! A gear of the core profile: what its function is given, and what it answers.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");
const host = @import("host.zig").host;
const wire = @import("wire.zig");
const Level = @import("../log.zig").Level;
const Message = @import("message.zig").Message;

/// Which imports a gear may use.
pub const Profile = enum {
    /// `env.log` alone: such a gear runs on a fluxrig v0.6 rack.
    core,
    /// All that plugbay offers.
    extended,
};

/// What becomes of a message.
pub const Answer = union(enum) {
    /// The message goes on, with the changes that were made to it.
    pass,
    /// Nothing goes on.
    drop,
    /// This message goes on in its place.
    send: Message,

    /// What goes on, as the gear's result: no bytes when nothing does.
    pub fn encode(answer: *const Answer, gpa: Allocator, message: *const Message) wire.EncodeError![]u8 {
        return switch (answer.*) {
            .pass => wire.encode(gpa, message),
            .drop => &.{},
            .send => |*other| wire.encode(gpa, other),
        };
    }
};

/// What a gear's function reaches while it handles one message.
pub const Gear = struct {
    /// Tells `exportGear` which profile the gear is of.
    pub const profile: Profile = .core;
    /// What its function answers.
    pub const Answers = Answer;

    /// Memory that lasts until the message is done. Nothing of it has to be freed.
    arena: Allocator,

    /// Write a line to the host's log. There is no level `trace` in fluxrig; it counts as `debug`.
    pub fn log(_: *const Gear, level: Level, text: []const u8) void {
        writeLog(level, text);
    }

    /// `log` with a text that is put together.
    pub fn logf(gear: *const Gear, level: Level, comptime format: []const u8, arguments: anytype) void {
        writeLog(level, std.fmt.allocPrint(gear.arena, format, arguments) catch format);
    }

    /// Fail the message with a reason: `return gear.fail("no amount");`. A core gear has no other way to tell the host
    /// than a log line at level error; the message is dropped.
    pub fn fail(gear: *const Gear, reason: []const u8) error{Failed} {
        return failure.copy(gear.arena, reason);
    }

    /// `fail` with a reason that is put together.
    pub fn failf(gear: *const Gear, comptime format: []const u8, arguments: anytype) error{Failed} {
        return failure.keep(error.Failed, std.fmt.allocPrint(gear.arena, format, arguments) catch format);
    }

    /// An empty message.
    pub fn newMessage(gear: *const Gear) Message {
        return Message.init(gear.arena);
    }
};

/// Write a line to the host's log.
pub fn writeLog(level: Level, text: []const u8) void {
    host.log(@max(1, @backingInt(level)), bytes_of.pointer(text), text.len);
}
