//! A value of CBOR as a fluxMsg knows them.
const std = @import("std");

pub const Value = union(enum) {
    null,
    boolean: bool,
    /// From 0 to 2^64 - 1.
    positive: u64,
    /// -1 minus it.
    negative: u64,
    float: f64,
    text: []const u8,
    bytes: []const u8,
    list: []const Value,
    map: []const Entry,

    /// An integer.
    pub fn of(number: i64) Value {
        return if (number < 0) .{ .negative = @intCast(-1 - number) } else .{ .positive = @intCast(number) };
    }

    /// The integer, when it fits 64 bits with sign.
    pub fn signed(value: Value) ?i64 {
        return switch (value) {
            .positive => |number| std.math.cast(i64, number),
            .negative => |number| if (std.math.cast(i64, number)) |fits| -1 - fits else null,
            else => null,
        };
    }

    /// The value plus 1; at the top of 64 bits it starts again.
    pub fn plusOne(value: Value) Value {
        return switch (value) {
            .positive => |number| .{ .positive = number +% 1 },
            .negative => |number| if (number == 0) .{ .positive = 0 } else .{ .negative = number - 1 },
            else => value,
        };
    }
};

pub const Entry = struct { key: []const u8, value: Value };

/// What a map holds at a key; null when it has no such key.
pub fn get(map: []const Entry, key: []const u8) ?Value {
    for (map) |entry| if (std.mem.eql(u8, entry.key, key)) return entry.value;
    return null;
}
