const std = @import("std");
const priostack = @import("priostack.zig");
const testing = std.testing;
const Call = priostack.Call;
const Rig = priostack.testing.Rig;

fn create(call: *Call, input: struct { email: []const u8 }) !struct { id: i64, email: []const u8 } {
    if (input.email.len == 0) return call.fail("email is required");
    call.log(.trace, "creating");
    return .{ .id = call.now(), .email = input.email };
}

fn dice(call: *Call, _: []const u8) ![]const u8 {
    const bytes = try call.arena.alloc(u8, 4);
    call.random(bytes);
    return bytes;
}

fn broken(_: *Call, _: []const u8) !void {
    return error.NotToday;
}

test "a function takes and gives types, or bytes" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    const result = try rig.call(create, "{\"email\": \"ada@example.com\"}");
    try testing.expectEqualStrings("{\"id\":1700000000123456789,\"email\":\"ada@example.com\"}", result.output.?);
    try testing.expectEqual(.debug, result.logs[0].level);
    try testing.expectEqual(4, (try rig.call(dice, "")).output.?.len);
}

test "an error is the call's" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    try testing.expectEqualStrings("email is required", (try rig.call(create, "{\"email\": \"\"}")).reason);
    try testing.expectEqualStrings("NotToday", (try rig.call(broken, "")).reason);
    try testing.expectEqual(null, (try rig.call(broken, "")).output);
}
