//! The operations that byte functions and Extism plugins have in common (conformance/spec/v1/guests.md).
const std = @import("std");
const plugbay = @import("plugbay");
const Value = plugbay.json.Value;

/// What a guest says about itself.
pub fn contract(comptime abi: []const u8, comptime profile: []const u8) Contract {
    return .{ .abi = abi, .profile = profile };
}

const Contract = struct {
    contract: []const u8 = "plugbay-conformance/1",
    abi: []const u8,
    profile: []const u8,
    language: []const u8 = "zig",
    sdk: []const u8 = "plugbay",
    sdk_version: []const u8 = plugbay.version,
};

/// The functions, for calls of either ABI.
pub fn Operations(comptime Call: type) type {
    return struct {
        pub fn echo(_: *Call, input: []const u8) ![]const u8 {
            return input;
        }

        pub fn empty(_: *Call, _: []const u8) !void {}

        pub fn reverse(call: *Call, input: []const u8) ![]const u8 {
            const copy = try call.arena.dupe(u8, input);
            std.mem.reverse(u8, copy);
            return copy;
        }

        pub fn length(_: *Call, input: []const u8) !u64 {
            return input.len;
        }

        pub fn repeat(call: *Call, input: struct { text: []const u8, times: u32 }) ![]const u8 {
            const size = std.math.mul(usize, input.text.len, input.times) catch return error.OutOfMemory;
            const out = try call.arena.alloc(u8, size);
            for (0..input.times) |index| @memcpy(out[index * input.text.len ..][0..input.text.len], input.text);
            return out;
        }

        const Given = struct { name: []const u8, count: i64, ratio: f64, flags: []const bool, nested: Value };
        const Transformed = struct { name: []const u8, count: i64, ratio: f64, flags: []const bool, nested: Value, big: i64 };

        pub fn transform(call: *Call, given: Given) !Transformed {
            const flags = try call.arena.dupe(bool, given.flags);
            std.mem.reverse(bool, flags);
            return .{
                .name = try std.mem.concat(call.arena, u8, &.{ given.name, " ✓" }),
                .count = std.math.add(i64, given.count, 1) catch return call.fail("count is too large to add 1"),
                .ratio = given.ratio * 2,
                .flags = flags,
                .nested = given.nested,
                .big = 9007199254740993,
            };
        }

        pub fn fail(call: *Call, input: []const u8) !void {
            return call.fail(input);
        }

        pub fn trap(_: *Call, _: []const u8) !void {
            @panic("the operation trap was asked for");
        }

        pub fn writeLog(call: *Call, line: struct { level: plugbay.Level, text: []const u8 }) ![]const u8 {
            call.log(line.level, line.text);
            return "ok";
        }
    };
}
