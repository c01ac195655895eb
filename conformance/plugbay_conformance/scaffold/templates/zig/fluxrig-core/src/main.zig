//! A filter of payments: small ones are dropped, large ones are marked.
const std = @import("std");
const fluxrig = @import("plugbay").fluxrig;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

/// Cents. What is below is of no interest.
const small = 100;
/// Cents. What is above is marked.
const large = 100_000;

fn handle(gear: *fluxrig.Gear, message: *fluxrig.Message) !fluxrig.Answer {
    const amount = try message.data.get(u64, "payment.amount");
    if (amount == 0) return gear.fail("a payment of nothing");
    if (amount < small) return .drop;
    try message.data.set("payment.large", amount > large);
    return .pass;
}

test "a large payment is marked" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    inline for (.{ .{ 100, false }, .{ 100_000, false }, .{ 100_001, true } }) |case| {
        const marked = try rig.send(handle, try rig.message(.{ .payment = .{ .amount = case[0] } }));
        try std.testing.expectEqual(case[1], try marked.messages[0].data.get(bool, "payment.large"));
    }
}

test "a small payment is dropped" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const dropped = try rig.send(handle, try rig.message(.{ .payment = .{ .amount = 99 } }));
    try std.testing.expectEqual(0, dropped.messages.len + dropped.logs.len);
}

test "what is no payment is an error" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const nothing = try rig.send(handle, try rig.message(.{ .payment = .{ .amount = 0 } }));
    try std.testing.expectEqualStrings("a payment of nothing", nothing.logs[0].text);
    const none = try rig.send(handle, try rig.message(.{ .user = "ada" }));
    try std.testing.expectEqual(1, none.logs.len);
}
