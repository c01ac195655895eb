//! The conformance gear of fluxrig's core profile.
const fluxrig = @import("plugbay").fluxrig;
const operations = @import("fluxrig_operations.zig");

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

fn handle(gear: *fluxrig.Gear, message: *fluxrig.Message) !fluxrig.Answer {
    const op = try message.data.get([]const u8, "op");
    const answer = try operations.handle(gear, message, op) orelse return gear.failf("unknown operation {s}", .{op});
    return switch (answer) {
        .drop => .drop,
        .send => |other| .{ .send = other },
    };
}
