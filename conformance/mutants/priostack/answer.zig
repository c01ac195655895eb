//! What a function of bytes gives back, free of any convention.
const std = @import("std");
const blocks = @import("blocks.zig");

pub const Error = error{OutOfMemory};

pub const Answer = union(enum) {
    /// Bytes of `blocks.gpa`, which the host gets and frees.
    output: []u8,
    /// Why the function failed, bytes of `blocks.gpa`.
    failure: []u8,
    /// What a mutant hands out in place of bytes of its own.
    wild: struct { ptr: usize, len: usize },
};

pub fn output(bytes: []const u8) Error!Answer {
    return .{ .output = try blocks.gpa.dupe(u8, bytes) };
}

pub fn failure(message: []const u8) Error!Answer {
    return .{ .failure = try blocks.gpa.dupe(u8, message) };
}

pub fn number(value: anytype) Error!Answer {
    return .{ .output = try std.fmt.allocPrint(blocks.gpa, "{d}", .{value}) };
}
