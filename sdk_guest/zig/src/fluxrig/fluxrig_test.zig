const std = @import("std");
const cbor = @import("../cbor/cbor.zig");
const fluxrig = @import("fluxrig.zig");
const wire = @import("wire.zig");
const failure = @import("../failure.zig");
const testing = std.testing;
const Rig = fluxrig.testing.Rig;
const Message = fluxrig.Message;

var memory: std.heap.ArenaAllocator = .init(std.heap.page_allocator);
const arena = memory.allocator();

fn full() !Message {
    var message = Message.init(arena);
    message.id = "0123456789abcdef".*;
    message.ref_id = @splat(7);
    message.trace = "4bf92f";
    message.src_id = @splat(9);
    try message.meta.set("event.type", "card.payment");
    message.data = try .of(arena, .{ .amount = 12.5, .nested = .{ .list = .{ 1, "two", null } } });
    message.flags = 0xffff_ffff;
    message.raw = "\x00\xff";
    try message.addHop(.{ .gear = @splat(1), .port = @splat(2), .time = -3 });
    message.ts = std.math.minInt(i64);
    return message;
}

test "a message comes back from its bytes equal to itself" {
    const bytes = try wire.encode(arena, &try full());
    const message = try wire.decode(arena, bytes);
    try testing.expectEqualSlices(u8, bytes, try wire.encode(arena, &message));
    const expected = try full();
    try testing.expectEqual(expected.id, message.id);
    try testing.expectEqual(expected.flags, message.flags);
    try testing.expectEqual(expected.ts, message.ts);
    try testing.expectEqualStrings("card.payment", message.meta.get("event.type").?);
    try testing.expectEqual(null, message.meta.get("event"));
    try testing.expectEqualSlices(fluxrig.Hop, expected.path.?, message.path.?);
}

test "missing fields are empty, and keys that nobody knows are ignored" {
    const message = try wire.decode(arena, try cbor.encode(arena, .{ .later = .{ 1, 2 }, .ts = 5, .path = null, .data = null }));
    try testing.expectEqual(fluxrig.nil_id, message.id);
    try testing.expectEqual(5, message.ts);
    try testing.expectEqual(null, message.path);
    try testing.expectEqual(null, message.data.find("a"));
}

test "fields of another type are errors that name the field" {
    const id = cbor.bytes("0123456789abcde");
    const cases = .{
        .{ .{ .id = id }, "id: expected 16 bytes" },
        .{ .{ .id = null }, "id: expected 16 bytes" },
        .{ .{ .trace = 5 }, "trace: expected text" },
        .{ .{ .flags = 4294967296 }, "flags: expected integer of 32 bits" },
        .{ .{ .flags = -1 }, "flags: expected integer of 32 bits" },
        .{ .{ .ts = 9223372036854775808 }, "ts: expected integer of 64 bits with sign" },
        .{ .{ .ts = 1.0 }, "ts: expected integer of 64 bits with sign" },
        .{ .{ .raw = "text" }, "raw: expected bytes or null" },
        .{ .{ .data = .{1} }, "data: expected map or null" },
        .{ .{ .meta = .{ .a = 1 } }, "meta: expected map of text" },
        .{ .{ .path = .{1} }, "path: expected hops that are maps" },
        .{ .{ .path = .{.{ .g = id }} }, "g in path: expected 16 bytes" },
        .{ .{ .path = .{.{ .t = "x" }} }, "t in path: expected integer of 64 bits with sign" },
        .{ .{ 1, 2 }, "the message: expected map" },
    };
    inline for (cases) |case| {
        const found = wire.decode(arena, try cbor.encode(arena, case[0]));
        try testing.expectError(error.WrongType, found);
        try testing.expectEqualStrings(case[1], failure.reasonOf(error.WrongType));
    }
}

test "a path has 64 hops at most" {
    var message = Message.init(arena);
    const hop = fluxrig.Hop{ .gear = fluxrig.nil_id, .port = fluxrig.nil_id, .time = 0 };
    for (0..64) |_| try message.addHop(hop);
    try testing.expectError(error.TooManyHops, message.addHop(hop));
    _ = try wire.decode(arena, try wire.encode(arena, &message));
    const more: [65]fluxrig.Hop = @splat(hop);
    message.path = &more;
    try testing.expectError(error.WrongType, wire.decode(arena, try wire.encode(arena, &message)));
}

test "a trace that is no UTF-8 can't be sent" {
    var message = Message.init(arena);
    message.trace = "\xff";
    try testing.expectError(error.Malformed, wire.encode(arena, &message));
}

fn filter(gear: *fluxrig.Gear, message: *Message) !fluxrig.Answer {
    const amount = try message.data.get(u32, "amount");
    gear.logf(.info, "amount {d}", .{amount});
    if (amount == 0) return gear.fail("nothing to pay");
    if (amount == 1) return .drop;
    if (amount == 2) {
        var answer = message.reply();
        try answer.data.set("seen", true);
        return .{ .send = answer };
    }
    try message.data.set("checked", true);
    return .pass;
}

test "a core gear passes, drops, replies, and logs why it failed" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    const passed = try rig.send(filter, try rig.message(.{ .amount = 5 }));
    try testing.expect(try passed.messages[0].data.get(bool, "checked"));
    try testing.expectEqualStrings("amount 5", passed.logs[0].text);
    try testing.expectEqual(0, (try rig.send(filter, try rig.message(.{ .amount = 1 }))).messages.len);
    var asked = try rig.message(.{ .amount = 2 });
    asked.id = @splat(3);
    asked.trace = "abc";
    try asked.meta.set("conn.id", "7");
    const reply = (try rig.send(filter, asked)).messages[0];
    try testing.expectEqual(asked.id, reply.ref_id);
    try testing.expectEqualStrings("abc", reply.trace);
    try testing.expectEqualStrings("7", reply.meta.get("conn.id").?);
    const failed = try rig.send(filter, try rig.message(.{ .amount = 0 }));
    try testing.expectEqual(0, failed.messages.len);
    try testing.expectEqual(.@"error", failed.logs[1].level);
    try testing.expectEqualStrings("nothing to pay", failed.logs[1].text);
    const missing = try rig.send(filter, try rig.message(.{}));
    try testing.expectEqualStrings("data.amount is missing", missing.logs[0].text);
    const malformed = try rig.sendBytes(filter, "\xff");
    try testing.expectEqual(.@"error", malformed.logs[0].level);
}

fn everything(gear: *fluxrig.extended.Gear, message: *Message) !fluxrig.extended.Answer {
    const op = try message.data.get([]const u8, "op");
    if (std.mem.eql(u8, op, "fan_out")) return .{ .fan_out = &.{ message.*, message.reply() } };
    if (std.mem.eql(u8, op, "fail")) {
        try gear.emit(message);
        return gear.failf("no {s}", .{op});
    }
    if (std.mem.eql(u8, op, "id")) {
        message.id = try gear.newId();
        message.ts = try gear.time();
        return .pass;
    }
    if (std.mem.eql(u8, op, "http")) {
        const response = try gear.http("http://rates/", "eur");
        try message.data.set("status", response.status);
        try message.data.set("body", cbor.bytes(response.body));
        return .pass;
    }
    const count = 1 + if (try gear.getState("count")) |text| try std.fmt.parseInt(u32, text, 10) else 0;
    try gear.putState("count", try std.fmt.allocPrint(gear.arena, "{d}", .{count}));
    try gear.emit(message);
    return .drop;
}

test "an extended gear fans out, emits, rejects, keeps state and requests" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    try testing.expectEqual(2, (try rig.send(everything, try rig.message(.{ .op = "fan_out" }))).messages.len);
    const rejected = try rig.send(everything, try rig.message(.{ .op = "fail" }));
    try testing.expectEqualStrings("no fail", rejected.reason.?);
    try testing.expectEqual(0, rejected.messages.len);
    for (0..3) |_| try testing.expectEqual(1, (try rig.send(everything, try rig.message(.{ .op = "count" }))).messages.len);
    try testing.expectEqualStrings("3", rig.state.get("count").?);
    try rig.responses.put(rig.arena(), "http://rates/", .{ .status = 404, .body = "?" });
    const answered = (try rig.send(everything, try rig.message(.{ .op = "http" }))).messages[0];
    try testing.expectEqual(404, try answered.data.get(u16, "status"));
    rig.grants = false;
    const refused = try rig.send(everything, try rig.message(.{ .op = "http" }));
    try testing.expectEqualStrings("the host refused the request to http://rates/", refused.reason.?);
    const unstored = try rig.send(everything, try rig.message(.{ .op = "count" }));
    try testing.expectEqualStrings("the host refused to store count", unstored.reason.?);
}

test "a new id is a UUID v7 of the host's time that names a message" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    const message = (try rig.send(everything, try rig.message(.{ .op = "id" }))).messages[0];
    try testing.expectEqual(1_700_000_000_123, std.mem.readInt(u48, message.id[0..6], .big));
    const fraction = 456_789 * 4096 / 1_000_000;
    try testing.expectEqual(0x7000 | fraction, std.mem.readInt(u16, message.id[6..8], .big));
    try testing.expectEqual(0x80C0, std.mem.readInt(u16, message.id[8..10], .big) & 0xffc0);
    rig.time = null;
    const refused = try rig.send(everything, try rig.message(.{ .op = "id" }));
    try testing.expectEqualStrings("the host does not tell the time", refused.reason.?);
}

fn glance(_: *fluxrig.Gear, unread: *fluxrig.Unread) !fluxrig.Answer {
    if (unread.bytes.len > 500) return .drop;
    if (unread.bytes.len > 50) try (try unread.message()).data.set("seen", true);
    return .pass;
}

test "a message that nobody asked for passes as it came" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    const small = try cbor.encode(rig.arena(), .{ .ts = 1 });
    try testing.expectEqual(1, (try rig.sendBytes(glance, small)).messages[0].ts);
    const looked = try rig.send(glance, try rig.message(.{ .amount = 5 }));
    try testing.expect(try looked.messages[0].data.get(bool, "seen"));
    const large: [600]u8 = @splat(0);
    try testing.expectEqual(0, (try rig.sendBytes(glance, &large)).messages.len);
    try testing.expectEqual(.@"error", (try rig.sendBytes(glance, large[0..200])).logs[0].level);
}
