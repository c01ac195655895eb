const std = @import("std");
const extism = @import("extism.zig");
const json = @import("../json/json.zig");
const testing = std.testing;
const Call = extism.Call;
const Rig = extism.testing.Rig;

fn greet(call: *Call, name: []const u8) ![]const u8 {
    if (name.len == 0) return call.fail("there is nobody to greet");
    call.logf(.warn, "greeting {s}", .{name});
    const greeting = try call.config("greeting") orelse "Hello";
    return std.mem.concat(call.arena, u8, &.{ greeting, ", ", name, "!" });
}

fn add(call: *Call, input: struct { numbers: []const i64 }) !struct { sum: i64, before: ?[]const u8 } {
    var sum: i64 = 0;
    for (input.numbers) |number| sum = std.math.add(i64, sum, number) catch return error.TooLarge;
    const before = try call.getVar("last");
    if (sum == 0) try call.removeVar("last") else try call.setVar("last", try json.write(call.arena, sum));
    return .{ .sum = sum, .before = before };
}

fn nothing(_: *Call, _: []const u8) !void {}

fn fetch(call: *Call, url: []const u8) !struct { status: u16, kind: ?[]const u8, body: []const u8 } {
    const response = try call.http(.{ .url = url, .headers = &.{.{ .name = "x", .value = "\"y\"" }}, .body = "ask" });
    const kind = if (response.headers.get("content-type")) |kind| try kind.as([]const u8, call.arena, "kind") else null;
    return .{ .status = response.status, .kind = kind, .body = response.body };
}

test "bytes go in and out, whatever their number" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    for ([_][]const u8{ "A", "Ada", "Adalbert", "Ada Lovelace", "ä🚀" }) |name| {
        const result = rig.call(greet, name);
        try testing.expectEqualStrings(name, result.output.?[7 .. result.output.?.len - 1]);
        try testing.expectEqualStrings(name, result.logs[0].text["greeting ".len..]);
    }
    try rig.config.put(rig.arena(), "greeting", "Hi");
    try testing.expectEqualStrings("Hi, Ada!", rig.call(greet, "Ada").output.?);
    try testing.expectEqualStrings("", rig.call(nothing, "x").output.?);
}

test "an error is the call's, with the reason that was given or the error's name" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    try testing.expectEqualStrings("there is nobody to greet", rig.call(greet, "").reason);
    try testing.expectEqual(null, rig.call(greet, "").output);
    const large = "{\"numbers\": [9223372036854775807, 1]}";
    try testing.expectEqualStrings("TooLarge", rig.call(add, large).reason);
    try testing.expectEqualStrings("it is not JSON: cut short", rig.call(add, "{").reason);
    try testing.expectEqualStrings("input.numbers is missing", rig.call(add, "{}").reason);
}

test "types are read and written as JSON, and variables last" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    try testing.expectEqualStrings("{\"sum\":3,\"before\":null}", rig.call(add, "{\"numbers\": [1, 2.0]}").output.?);
    try testing.expectEqualStrings("{\"sum\":0,\"before\":\"3\"}", rig.call(add, "{\"numbers\": []}").output.?);
    try testing.expectEqualStrings("{\"sum\":1,\"before\":null}", rig.call(add, "{\"numbers\": [1]}").output.?);
}

test "a response has its status, headers and body" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    rig.response = .{ .status = 404, .headers = "{\"content-type\": \"text/plain\"}", .body = "no" };
    const expected = "{\"status\":404,\"kind\":\"text/plain\",\"body\":\"no\"}";
    try testing.expectEqualStrings(expected, rig.call(fetch, "http://x/").output.?);
    rig.response = .{ .headers = "", .body = "" };
    try testing.expectEqualStrings("{\"status\":200,\"kind\":null,\"body\":\"\"}", rig.call(fetch, "http://x/").output.?);
}
