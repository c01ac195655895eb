//! The arguments of an operation: keys of `data`, each of a type.
const std = @import("std");
const mutation = @import("mutation.zig");
const values = @import("value.zig");
const Error = @import("outcome.zig").Error;
const Reason = @import("outcome.zig").Reason;

const Value = values.Value;
const Kind = std.meta.Tag(Value);

pub const Arguments = struct {
    data: []const values.Entry,
    arena: std.mem.Allocator,
    reason: *Reason,

    pub fn text(arguments: Arguments, comptime key: []const u8) Error![]const u8 {
        return (try arguments.take(key, .text)).text;
    }

    pub fn bytes(arguments: Arguments, comptime key: []const u8) Error![]const u8 {
        return (try arguments.take(key, .bytes)).bytes;
    }

    pub fn boolean(arguments: Arguments, comptime key: []const u8) Error!bool {
        return (try arguments.take(key, .boolean)).boolean;
    }

    /// A number of things: an integer that is not negative.
    pub fn count(arguments: Arguments, comptime key: []const u8) Error!usize {
        const number = (try arguments.integer(key)).signed() orelse return arguments.mistyped(key);
        return std.math.cast(usize, number) orelse arguments.mistyped(key);
    }

    pub fn integer(arguments: Arguments, comptime key: []const u8) Error!Value {
        const value = values.get(arguments.data, key) orelse return arguments.missing(key, .{ .positive = 0 });
        return if (value == .positive or value == .negative) value else arguments.mistyped(key);
    }

    pub fn take(arguments: Arguments, comptime key: []const u8, comptime kind: Kind) Error!Value {
        const value = values.get(arguments.data, key) orelse return arguments.missing(key, null);
        return if (value == kind) value else arguments.mistyped(key);
    }

    fn missing(arguments: Arguments, comptime key: []const u8, zero: ?Value) Error!Value {
        if (mutation.is("missing_arguments_are_zero")) if (zero) |value| return value;
        return arguments.reason.fail("data." ++ key ++ " is missing");
    }

    fn mistyped(arguments: Arguments, comptime key: []const u8) Error {
        return arguments.reason.fail("data." ++ key ++ " is of a wrong type");
    }
};
