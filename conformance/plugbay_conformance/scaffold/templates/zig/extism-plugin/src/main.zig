//! Greets, in the words of the plugin's config.
const std = @import("std");
const extism = @import("plugbay").extism;

pub const panic = extism.panic;

comptime {
    extism.exportFunction("greet", greet);
}

fn greet(call: *extism.Call, name: []const u8) ![]const u8 {
    if (name.len == 0) return call.fail("there is nobody to greet");
    const greeting = try call.config("greeting") orelse "Hello";
    call.logf(.info, "greeted {s}", .{name});
    return std.fmt.allocPrint(call.arena, "{s}, {s}!", .{ greeting, name });
}

test "the config has the words" {
    var rig: extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    try std.testing.expectEqualStrings("Hello, Ada!", rig.call(greet, "Ada").output.?);
    try rig.config.put(rig.arena(), "greeting", "Hi");
    try std.testing.expectEqualStrings("Hi, Ada!", rig.call(greet, "Ada").output.?);
}

test "nobody is an error" {
    var rig: extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    try std.testing.expectEqualStrings("there is nobody to greet", rig.call(greet, "").reason);
}
