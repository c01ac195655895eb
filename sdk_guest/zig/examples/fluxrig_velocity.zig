//! A gear with state, extended profile: counts the payments of each card by the minute, and rejects more than five.
const std = @import("std");
const fluxrig = @import("plugbay").fluxrig;
const Gear = fluxrig.extended.Gear;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

const most_in_a_minute = 5;

fn handle(gear: *Gear, message: *fluxrig.Message) !fluxrig.extended.Answer {
    const card = try message.data.get([]const u8, "card.hash");
    const minute = @divFloor(message.ts, std.time.ns_per_min);
    const before = if (try gear.getState(card)) |text| Count.parse(text) else Count{};
    const count = Count{ .minute = minute, .payments = 1 + if (before.minute == minute) before.payments else 0 };
    if (count.payments > most_in_a_minute) return gear.failf("card {s} pays too often", .{card});
    try gear.putState(card, try count.write(gear));
    try message.data.set("velocity", count.payments);
    if (count.payments == most_in_a_minute) try gear.emit(&try warning(gear, message, card));
    return .pass;
}

fn warning(gear: *Gear, message: *const fluxrig.Message, card: []const u8) !fluxrig.Message {
    var warned = message.reply();
    warned.id = try gear.newId();
    warned.ts = message.ts;
    try warned.meta.set("event.type", "card.velocity");
    try warned.data.set("card.hash", card);
    return warned;
}

/// What is kept of a card, as text: `28333333:5`.
const Count = struct {
    minute: i64 = 0,
    payments: u32 = 0,

    fn parse(text: []const u8) Count {
        const colon = std.mem.findScalar(u8, text, ':') orelse return .{};
        return .{
            .minute = std.fmt.parseInt(i64, text[0..colon], 10) catch return .{},
            .payments = std.fmt.parseInt(u16, text[colon + 1 ..], 10) catch return .{},
        };
    }

    fn write(count: Count, gear: *const Gear) ![]const u8 {
        return std.fmt.allocPrint(gear.arena, "{d}:{d}", .{ count.minute, count.payments });
    }
};

test "the sixth payment in a minute is rejected, and the fifth brings a warning" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    var payment = try rig.message(.{ .card = .{ .hash = "c0ffee" } });
    for (1..5) |number| {
        const passed = try rig.send(handle, payment);
        try std.testing.expectEqual(number, try passed.messages[0].data.get(u32, "velocity"));
    }
    const fifth = try rig.send(handle, payment);
    try std.testing.expectEqualStrings("card.velocity", fifth.messages[0].meta.get("event.type").?);
    try std.testing.expectEqual(5, try fifth.messages[1].data.get(u32, "velocity"));
    const sixth = try rig.send(handle, payment);
    try std.testing.expectEqualStrings("card c0ffee pays too often", sixth.reason.?);
    payment.ts += std.time.ns_per_min;
    const later = try rig.send(handle, payment);
    try std.testing.expectEqual(1, try later.messages[0].data.get(u32, "velocity"));
}

test "a host that stores nothing rejects, rather than letting everything pass" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    rig.grants = false;
    const refused = try rig.send(handle, try rig.message(.{ .card = .{ .hash = "c0ffee" } }));
    try std.testing.expectEqualStrings("the host refused to store c0ffee", refused.reason.?);
}
