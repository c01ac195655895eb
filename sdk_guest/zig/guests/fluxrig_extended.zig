//! The conformance gear of fluxrig's extended profile.
const std = @import("std");
const plugbay = @import("plugbay");
const operations = @import("fluxrig_operations.zig");
const fluxrig = plugbay.fluxrig;
const Answer = fluxrig.extended.Answer;
const Gear = fluxrig.extended.Gear;
const Message = fluxrig.Message;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

const Operation = enum { fan_out, emit, emit_fail, state_get, state_put, state_count, http, time, random };

fn handle(gear: *Gear, message: *Message) !Answer {
    const op = try message.data.get([]const u8, "op");
    if (try operations.handle(gear, message, op)) |answer| return switch (answer) {
        .drop => .drop,
        .send => |other| .{ .send = other },
    };
    switch (std.meta.stringToEnum(Operation, op) orelse return gear.failf("unknown operation {s}", .{op})) {
        .fan_out => {
            const all = try gear.arena.alloc(Message, try message.data.get(u32, "count"));
            for (all, 0..) |*each, index| each.* = try numbered(message, index);
            return .{ .fan_out = all };
        },
        .emit => {
            const count = try message.data.get(u32, "count");
            const answer = try message.data.get(bool, "answer");
            for (0..count) |index| try gear.emit(&try numbered(message, index));
            return if (answer) .{ .send = try numbered(message, count) } else .drop;
        },
        .emit_fail => {
            const reason = try message.data.get([]const u8, "reason");
            try gear.emit(&try numbered(message, 0));
            return gear.fail(reason);
        },
        .state_get => {
            const value = try gear.getState(try message.data.get([]const u8, "key"));
            return send(message, .{ .op = op, .value = if (value) |there| plugbay.bytes(there) else null });
        },
        .state_put => {
            const value = try message.data.get(plugbay.cbor.Bytes, "value");
            const stored = if (gear.putState(try message.data.get([]const u8, "key"), value.bytes)) true else |_| false;
            return send(message, .{ .op = op, .stored = stored });
        },
        .state_count => {
            const key = try message.data.get([]const u8, "key");
            const before = try gear.getState(key) orelse "0";
            const number = std.fmt.parseInt(i64, before, 10) catch return gear.fail("the state is no decimal number");
            const count = std.math.add(i64, number, 1) catch return gear.fail("the state is too large to add 1");
            try gear.putState(key, try std.fmt.allocPrint(gear.arena, "{d}", .{count}));
            return send(message, .{ .op = op, .count = count });
        },
        .http => {
            const body = try message.data.get(plugbay.cbor.Bytes, "body");
            const response = gear.http(try message.data.get([]const u8, "url"), body.bytes) catch |cause| switch (cause) {
                error.Refused => return send(message, .{ .op = op, .refused = true }),
                else => return cause,
            };
            var headers = plugbay.cbor.Map{ .arena = gear.arena };
            for (response.headers) |header| try headers.setField(header.name, header.value);
            return send(message, .{
                .op = op,
                .refused = false,
                .status = response.status,
                .headers = headers,
                .body = plugbay.bytes(response.body),
            });
        },
        .time => return send(message, .{ .op = op, .time = try gear.time() }),
        .random => {
            const random = try gear.arena.alloc(u8, try message.data.get(u32, "size"));
            try gear.random(random);
            return send(message, .{ .op = op, .bytes = plugbay.bytes(random) });
        },
    }
}

fn send(message: *const Message, data: anytype) !Answer {
    return .{ .send = (try operations.answer(message, data)).send };
}

fn numbered(message: *const Message, index: usize) !Message {
    return (try operations.answer(message, .{ .op = try message.data.get([]const u8, "op"), .index = index })).send;
}
