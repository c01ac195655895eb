//! Counts the payments of each user. The counts are kept in the host's state, so they outlive the instance.
const std = @import("std");
const fluxrig = @import("plugbay").fluxrig;
const Gear = fluxrig.extended.Gear;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

fn handle(gear: *Gear, message: *fluxrig.Message) !fluxrig.extended.Answer {
    const user = try message.data.get([]const u8, "user");
    const key = try std.fmt.allocPrint(gear.arena, "payments/{s}", .{user});
    const before = if (try gear.getState(key)) |text| try std.fmt.parseInt(u64, text, 10) else 0;
    const payments = before +| 1;
    try gear.putState(key, try std.fmt.allocPrint(gear.arena, "{d}", .{payments}));
    try message.data.set("payments", payments);
    return .pass;
}

test "the payments of each user are counted" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    inline for (.{ .{ "ada", 1 }, .{ "ada", 2 }, .{ "bob", 1 }, .{ "ada", 3 } }) |case| {
        const passed = try rig.send(handle, try rig.message(.{ .user = case[0] }));
        try std.testing.expectEqual(case[1], try passed.messages[0].data.get(u64, "payments"));
    }
}

test "without state the payment is rejected" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    rig.grants = false;
    const refused = try rig.send(handle, try rig.message(.{ .user = "ada" }));
    try std.testing.expectEqualStrings("the host refused to store payments/ada", refused.reason.?);
}

test "a payment of nobody is rejected" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const nobody = try rig.send(handle, try rig.message(.{ .amount = 5 }));
    try std.testing.expect(nobody.reason != null);
}
