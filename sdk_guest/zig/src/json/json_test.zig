const std = @import("std");
const json = @import("json.zig");
const failure = @import("../failure.zig");
const numbers = @import("number.zig");
const testing = std.testing;
const Value = json.Value;

var memory: std.heap.ArenaAllocator = .init(std.heap.page_allocator);
const arena = memory.allocator();

fn expectRefused(reason: []const u8, text: []const u8) !void {
    try testing.expectError(error.NotJson, json.parse(text));
    try testing.expectEqualStrings(reason, failure.reasonOf(error.NotJson));
}

test "JSON is taken without the white space around it" {
    try testing.expectEqualStrings("{ \"a\" : [ ] }", (try json.parse(" \r\n\t{ \"a\" : [ ] } ")).text);
    for ([_][]const u8{ "0", "-0", "1e5", "1.5E-3", "\"\"", "null", "[[],{}]", "\"\\u00e9\\ud83d\\ude80\"" }) |text|
        try testing.expectEqualStrings(text, (try json.parse(text)).text);
}

test "what is no JSON is refused with a reason" {
    try expectRefused("it is not JSON: cut short", "");
    try expectRefused("it is not JSON: cut short", "[1,");
    try expectRefused("it is not JSON: cut short", "\"a");
    try expectRefused("it is not JSON: something follows the value", "1 2");
    try expectRefused("it is not JSON: something follows the value", "01");
    try expectRefused("it is not JSON: text that is no UTF-8", "\"\xff\"");
    try expectRefused("it is not JSON: half a character", "\"\\ud800\"");
    try expectRefused("it is not JSON: half a character", "\"\\udc00\"");
    try expectRefused("it is not JSON: half a character", "\"\\ud800\\u0041\"");
    try expectRefused("it is not JSON: a control character in a text", "\"\n\"");
    try expectRefused("it is not JSON: cut short", "-");
    try expectRefused("it is not JSON: a number was expected to have digits", "-a");
    try expectRefused("it is not JSON: a number was expected to have digits", "1.e5");
    try expectRefused("it is not JSON: no value has this form", "nul");
    try expectRefused("it is not JSON: no value has this form", "[1,]");
    try expectRefused("it is not JSON: a comma or an end was expected", "[1 2]");
    try expectRefused("it is not JSON: a comma or an end was expected", "[1}");
    try expectRefused("it is not JSON: a key was expected", "{1:2}");
    try expectRefused("it is not JSON: a key was expected", "{\"a\":1,}");
    try expectRefused("it is not JSON: a colon was expected", "{\"a\"}");
    const deep: [200]u8 = @splat('[');
    try expectRefused("it is not JSON: nested too deep", &deep);
}

/// A text that is JSON, or nearly.
fn scribble(random: std.Random, out: []u8) []u8 {
    const pieces = [_][]const u8{
        "{",    "}", "[",  "]",  ",",       ":",       "\"a\"",   "\"\\n\"", "1", "-2.5e3", "true", "false",
        "null", " ", "\"", "\\", "\\u00e9", "\\ud83d", "\\ude80",
        "é",
        "0",    "e", "-",  ".",
    };
    var size: usize = 0;
    for (0..random.uintLessThan(usize, 9)) |_| {
        const piece = pieces[random.uintLessThan(usize, pieces.len)];
        @memcpy(out[size..][0..piece.len], piece);
        size += piece.len;
    }
    return out[0..size];
}

test "JSON is judged as the standard library judges it" {
    var random = std.Random.DefaultPrng.init(23);
    var good: usize = 0;
    for (0..200_000) |_| {
        var buffer: [100]u8 = undefined;
        const text = scribble(random.random(), &buffer);
        const expected = try std.json.validate(testing.allocator, text);
        const found = if (json.parse(text)) |_| true else |_| false;
        if (expected != found) std.debug.print("{s}\n", .{text});
        try testing.expectEqual(expected, found);
        good += @intFromBool(found);
    }
    try testing.expect(good > 5_000);
}

test "values are found and read" {
    const value = try json.parse(
        \\{"name": "Gr\u00fc\u00dfe \ud83d\ude80\n", "low": -9223372036854775808, "high": 18446744073709551615, "ratio": 0.1,
        \\ "flags": [true, false], "inner": {"a.b": 1, "c": {"d": "deep"}}, "nothing": null, "a\u0062c": "key", "twice": 1, "twice": 2}
    );
    const Fields = struct {
        name: []const u8,
        low: i64,
        high: u64,
        ratio: f64,
        flags: []const bool,
        inner: Value,
        nothing: ?[]const u8,
        missing: ?u8,
        other: u8 = 7,
        abc: []const u8,
        twice: u8,
    };
    const fields = try value.as(Fields, arena, "input");
    try testing.expectEqualStrings("Grüße 🚀\n", fields.name);
    try testing.expectEqual(std.math.minInt(i64), fields.low);
    try testing.expectEqual(std.math.maxInt(u64), fields.high);
    try testing.expectEqual(0.1, fields.ratio);
    try testing.expectEqualSlices(bool, &.{ true, false }, fields.flags);
    try testing.expectEqualStrings("{\"a.b\": 1, \"c\": {\"d\": \"deep\"}}", fields.inner.text);
    try testing.expectEqual(null, fields.nothing);
    try testing.expectEqual(7, fields.other);
    try testing.expectEqualStrings("key", fields.abc);
    try testing.expectEqual(2, fields.twice);
    try testing.expectEqualStrings("deep", try value.find("inner.c.d").?.as([]const u8, arena, "d"));
    try testing.expectEqual(null, value.find("inner.c.d.e"));
    try testing.expectEqual(null, value.find("inner.a"));
}

test "a value of another type is an error that names the place" {
    const value = try json.parse("{\"a\": {\"b\": [1, \"x\"]}, \"n\": 300, \"f\": 1.5, \"huge\": 1e999}");
    const cases = .{
        .{ struct { a: struct { b: []const u8 } }, error.WrongType, "input.a.b: expected text, found array" },
        .{ struct { a: struct { b: []const u8, c: u8 } }, error.WrongType, "input.a.b: expected text, found array" },
        .{ struct { a: struct { b: []const i64 } }, error.WrongType, "input.a.b[]: expected integer, found text" },
        .{ struct { a: struct { c: u8 } }, error.Missing, "input.a.c is missing" },
        .{ struct { n: u8 }, error.OutOfRange, "input.n does not fit into u8" },
        .{ struct { f: u8 }, error.OutOfRange, "input.f is no integer of 64 bits" },
        .{ struct { huge: f64 }, error.OutOfRange, "input.huge is too large for a float" },
        .{ struct { n: bool }, error.WrongType, "input.n: expected boolean, found number" },
        .{ struct { n: json.ByteArray }, error.WrongType, "input.n: expected array of bytes, found number" },
        .{ []const u8, error.WrongType, "input: expected text, found object" },
    };
    inline for (cases) |case| {
        try testing.expectError(case[1], value.as(case[0], arena, "input"));
        try testing.expectEqualStrings(case[2], failure.reasonOf(case[1]));
    }
}

test "whole numbers are exact, however they are written" {
    const cases = .{
        .{ "0", 0 },                               .{ "-0", 0 },                                      .{ "4.0", 4 },                                       .{ "40e-1", 4 },            .{ "0.4e1", 4 },
        .{ "4e0", 4 },                             .{ "4E+2", 400 },                                  .{ "-1.50e1", -15 },                                 .{ "0e99999999999999", 0 }, .{ "1000e-3", 1 },
        .{ "9007199254740993", 9007199254740993 }, .{ "-9223372036854775808", -9223372036854775808 }, .{ "9223372036854775807.000", 9223372036854775807 },
    };
    inline for (cases) |case| try testing.expectEqual(@as(?i64, case[1]), numbers.whole(case[0]).?.cast(i64));
    try testing.expectEqual(@as(?u64, 18446744073709551615), numbers.whole("18446744073709551615").?.cast(u64));
    try testing.expectEqual(null, numbers.whole("18446744073709551615").?.cast(i64));
    try testing.expectEqual(null, numbers.whole("-9223372036854775809").?.cast(i64));
    for ([_][]const u8{ "18446744073709551616", "4.5", "1e20", "1e-1", "5e99999999999999999999", "5e-99999999999999999999" }) |text|
        try testing.expectEqual(null, numbers.whole(text));
}

fn expectWritten(expected: []const u8, value: anytype) !void {
    const text = try json.write(arena, value);
    try testing.expectEqualStrings(expected, text);
    try testing.expectEqualStrings(expected, (try json.parse(text)).text);
}

test "values are written, compact" {
    try expectWritten("{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{}}", .{ .a = 1, .b = .{ true, null, "x" }, .c = struct {}{} });
    try expectWritten("\"\\\"\\\\\\n\\r\\t\\u0001\\u001f/é🚀\"", "\"\\\n\r\t\x01\x1f/é🚀");
    try expectWritten("-9223372036854775808", @as(i64, std.math.minInt(i64)));
    try expectWritten("18446744073709551615", @as(u64, std.math.maxInt(u64)));
    try expectWritten("[0,127,255]", json.ByteArray{ .bytes = "\x00\x7f\xff" });
    try expectWritten("\"error\"", @as(enum { @"error" }, .@"error"));
    try expectWritten("[1, 2]", Value.literal(" [1, 2] "));
    try testing.expectError(error.NotJson, json.write(arena, "\xff"));
    try testing.expectError(error.NotJson, json.write(arena, std.math.nan(f64)));
    try testing.expectError(error.NotJson, json.write(arena, -std.math.inf(f64)));
}

test "floats come back to the last bit" {
    var random = std.Random.DefaultPrng.init(29);
    for (0..20_000) |_| {
        const number: f64 = @bitCast(random.random().int(u64));
        if (!std.math.isFinite(number)) continue;
        const text = try json.write(testing.allocator, number);
        defer testing.allocator.free(text);
        const back = try (try json.parse(text)).as(f64, arena, "number");
        try testing.expectEqual(@as(u64, @bitCast(number)), @as(u64, @bitCast(back)));
    }
}

test "an object is changed key by key" {
    var object = try json.Object.of(arena, "state", try json.parse("{\"a\": [1, 2], \"b\\u002ec\": 5}"));
    try testing.expect(!object.changed);
    try testing.expectEqual(5, try object.get(u8, "b.c"));
    try object.set("count", 1);
    try object.set("count", 2);
    object.remove("a");
    object.remove("a");
    try testing.expect(object.changed);
    try expectWritten("{\"b.c\":5,\"count\":2}", object);
    try testing.expectError(error.WrongType, object.get([]const u8, "count"));
    try testing.expectEqualStrings("state.count: expected text, found number", failure.reasonOf(error.WrongType));
    try testing.expectEqual(null, try object.get(?u8, "none"));
    object.clear();
    try expectWritten("{}", object);
}
