const std = @import("std");
const bytes = @import("bytes.zig");
const failure = @import("failure.zig");
const testing = std.testing;

test "UTF-8 is judged as the standard library judges it" {
    var random = std.Random.DefaultPrng.init(11);
    const pieces = [_][]const u8{ "a", "é", "世", "🚀", "\x80", "\xc0", "\xc2", "\xe0", "\xed", "\xa0", "\xf0", "\xf4", "\x90", "\xbf", "\xff" };
    for (0..20_000) |_| {
        var text: [40]u8 = undefined;
        var size: usize = 0;
        for (0..random.random().uintLessThan(usize, 8)) |_| {
            const piece = pieces[random.random().uintLessThan(usize, pieces.len)];
            @memcpy(text[size..][0..piece.len], piece);
            size += piece.len;
        }
        try testing.expectEqual(std.unicode.utf8ValidateSlice(text[0..size]), bytes.isUtf8(text[0..size]));
    }
}

test "twins are found wherever they stand" {
    for (0..40) |count| {
        var names: [40][4]u8 = undefined;
        var texts: [41][]const u8 = undefined;
        for (0..count) |index| {
            std.mem.writeInt(u32, &names[index], @as(u32, @intCast(index)) *% 2654435761, .big);
            texts[index] = &names[index];
        }
        try testing.expect(!bytes.anyTwins(texts[0..count]));
        if (count == 0) continue;
        texts[count] = texts[count / 2];
        try testing.expect(bytes.anyTwins(texts[0 .. count + 1]));
    }
    var different = [_][]const u8{ "", "a", "b", "aa", "ab" };
    try testing.expect(!bytes.anyTwins(&different));
}

test "a reason belongs to its error alone, and is not cut within a character" {
    failure.clear();
    try testing.expectEqualStrings("Refused", failure.reasonOf(error.Refused));
    try testing.expectEqualStrings("out of memory", failure.reasonOf(error.OutOfMemory));
    try testing.expectEqual(error.Missing, failure.record(error.Missing, &.{ "data.", "amount", " is missing" }));
    try testing.expectEqualStrings("data.amount is missing", failure.reasonOf(error.Missing));
    try testing.expectEqualStrings("Refused", failure.reasonOf(error.Refused));
    const long: [511]u8 = @splat('x');
    failure.record(error.Missing, &.{ &long, "é" }) catch {};
    try testing.expectEqualStrings(&long, failure.reasonOf(error.Missing));
}
