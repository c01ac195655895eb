//! A filter for card payments, core profile: drops those made with test cards, and masks the number of all others.
const std = @import("std");
const fluxrig = @import("plugbay").fluxrig;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

const test_cards = [_][]const u8{ "4111111111111111", "5555555555554444" };

fn handle(gear: *fluxrig.Gear, message: *fluxrig.Message) !fluxrig.Answer {
    const pan = try message.data.get([]const u8, "card.pan");
    if (pan.len < 12 or pan.len > 19) return gear.failf("data.card.pan has {d} digits", .{pan.len});
    for (test_cards) |card| if (std.mem.eql(u8, card, pan)) return .drop;
    const masked = try gear.arena.dupe(u8, pan);
    @memset(masked[6 .. masked.len - 4], '*');
    try message.data.set("card.pan", masked);
    try message.data.remove("card.cvv");
    return .pass;
}

test "a card number is masked, and its cvv taken away" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const payment = try rig.message(.{ .card = .{ .pan = "4929123412341234", .cvv = "123" }, .amount = 1299 });
    const masked = (try rig.send(handle, payment)).messages[0];
    try std.testing.expectEqualStrings("492912******1234", try masked.data.get([]const u8, "card.pan"));
    try std.testing.expectEqual(null, masked.data.find("card.cvv"));
    try std.testing.expectEqual(1299, try masked.data.get(u32, "amount"));
}

test "a test card is dropped, and a number that is none fails" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const dropped = try rig.send(handle, try rig.message(.{ .card = .{ .pan = "4111111111111111" } }));
    try std.testing.expectEqual(0, dropped.messages.len + dropped.logs.len);
    const short = try rig.send(handle, try rig.message(.{ .card = .{ .pan = "4111" } }));
    try std.testing.expectEqualStrings("data.card.pan has 4 digits", short.logs[0].text);
    const none = try rig.send(handle, try rig.message(.{ .amount = 5 }));
    try std.testing.expectEqualStrings("data.card.pan is missing", none.logs[0].text);
}
