//! The operations that conformance gears of both profiles have (conformance/spec/v1/guests.md, "fluxrig").
const std = @import("std");
const plugbay = @import("plugbay");
const cbor = plugbay.cbor;
const fluxrig = plugbay.fluxrig;
const Message = fluxrig.Message;

/// What an operation answers: a message, or nothing.
pub const Answer = union(enum) { drop, send: Message };

const Operation = enum { contract, echo, fields, lookup, types, numbers, text, reply, drop, log, count, big, fail, trap };

/// Handle one of the operations of both profiles; null when it is none of them.
pub fn handle(gear: anytype, message: *const Message, op: []const u8) !?Answer {
    const operation = std.meta.stringToEnum(Operation, op) orelse return null;
    switch (operation) {
        .contract => return try answer(message, .{
            .op = op,
            .contract = "plugbay-conformance/1",
            .abi = "fluxrig",
            .profile = @TypeOf(gear.*).profile,
            .language = "zig",
            .sdk = "plugbay",
            .sdk_version = plugbay.version,
        }),
        .echo => return .{ .send = message.* },
        .fields => return .{ .send = try fields(gear, message) },
        .lookup => {
            const path = try message.data.get([]const u8, "path");
            const found = message.data.find(path);
            return try answer(message, .{ .op = op, .found = found != null, .value = found });
        },
        .types => return try answer(message, types),
        .numbers => return try answer(message, .{ .op = op, .integers = integers, .floats = floats }),
        .text => {
            const text = try message.data.get([]const u8, "text");
            return try answer(message, .{
                .op = op,
                .bytes = text.len,
                .scalars = std.unicode.utf8CountCodepoints(text) catch unreachable,
                .text = try std.mem.concat(gear.arena, u8, &.{ text, " ✓🚀" }),
            });
        },
        .reply => {
            var reply = message.reply();
            try reply.data.set("op", op);
            return .{ .send = reply };
        },
        .drop => return .drop,
        .log => {
            gear.log(try message.data.get(plugbay.Level, "level"), try message.data.get([]const u8, "text"));
            return try answer(message, .{ .op = op });
        },
        .count => {
            answered += 1;
            return try answer(message, .{ .op = op, .count = answered });
        },
        .big => {
            const blob = try gear.arena.alloc(u8, try message.data.get(u32, "size"));
            for (blob, 0..) |*byte, index| byte.* = @intCast(index % 251);
            return try answer(message, .{ .op = op, .blob = plugbay.bytes(blob) });
        },
        .fail => return gear.fail(try message.data.get([]const u8, "reason")),
        .trap => @panic("the operation trap was asked for"),
    }
}

var answered: u64 = 0;

/// A copy of the message with other data.
pub fn answer(message: *const Message, data: anytype) !Answer {
    var copy = message.*;
    copy.data = try cbor.Map.of(message.data.arena, data);
    return .{ .send = copy };
}

fn fields(gear: anytype, message: *const Message) !Message {
    const Arguments = struct {
        op: []const u8,
        int: i64,
        float: f64,
        text: []const u8,
        bool: bool,
        bytes: cbor.Bytes,
        list: []const cbor.Item,
        map: cbor.Item,
    };
    const given = try message.data.as(Arguments);
    var map = try cbor.Map.of(gear.arena, given.map);
    try map.set("added", 1);
    var changed = (try answer(message, .{
        .op = given.op,
        .int = std.math.add(i64, given.int, 1) catch return gear.fail("data.int is too large to add 1"),
        .float = given.float * 2,
        .text = try std.mem.concat(gear.arena, u8, &.{ given.text, "!" }),
        .bool = !given.bool,
        .bytes = plugbay.bytes(try reversed(gear.arena, u8, given.bytes.bytes)),
        .list = try reversed(gear.arena, cbor.Item, given.list),
        .map = map,
    })).send;
    std.mem.reverse(u8, &changed.id);
    std.mem.reverse(u8, &changed.src_id);
    changed.ref_id = message.id;
    changed.trace = try std.mem.concat(gear.arena, u8, &.{ message.trace, "-ok" });
    try changed.meta.remove("remove.me");
    try changed.meta.set("conformance", "yes");
    changed.flags ^= 1;
    if (message.raw) |raw| changed.raw = try reversed(gear.arena, u8, raw);
    try changed.addHop(.{ .gear = message.src_id, .port = message.id, .time = message.ts });
    changed.ts = std.math.add(i64, message.ts, 1) catch return gear.fail("ts is too large to add 1");
    return changed;
}

fn reversed(arena: std.mem.Allocator, comptime T: type, values: []const T) ![]T {
    const copy = try arena.dupe(T, values);
    std.mem.reverse(T, copy);
    return copy;
}

const types = .{
    .op = "types",
    .null = null,
    .yes = true,
    .no = false,
    .int = -42,
    .uint = 18446744073709551615,
    .float = 0.1,
    .text = "Grüße, 世界 🚀",
    .empty_text = "",
    .bytes = plugbay.bytes("\x00\x7f\x80\xff"),
    .empty_bytes = plugbay.bytes(""),
    .list = .{ 1, "two", plugbay.bytes("\x03"), null, .{} },
    .empty_list = .{},
    .map = .{ .a = .{ .b = .{ .c = 1 } } },
    .empty_map = Empty{},
};

const Empty = struct {};

const integers = .{
    0,                    1,      23,          24,          255,                  256,
    65535,                65536,  4294967295,  4294967296,  9223372036854775807,  9223372036854775808,
    18446744073709551615, -1,     -24,         -25,         -256,                 -257,
    -65536,               -65537, -4294967296, -4294967297, -9223372036854775808,
};

const floats = [_]f64{ 0.0, -0.0, 1.5, 0.1, 1.0e300, 5.0e-324, std.math.inf(f64), -std.math.inf(f64), std.math.nan(f64) };
