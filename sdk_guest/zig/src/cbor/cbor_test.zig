const std = @import("std");
const cbor = @import("cbor.zig");
const failure = @import("../failure.zig");
const heads = @import("head.zig");
const testing = std.testing;
const Item = cbor.Item;
const Map = cbor.Map;

var memory: std.heap.ArenaAllocator = .init(std.heap.page_allocator);
const arena = memory.allocator();

fn expectRead(expected: []const u8, bytes: []const u8) !void {
    const item = try cbor.read(arena, bytes, cbor.max_depth);
    try testing.expectEqualSlices(u8, expected, item.encoded);
}

fn expectMalformed(reason: []const u8, bytes: []const u8) !void {
    try testing.expectError(error.Malformed, cbor.read(arena, bytes, cbor.max_depth));
    const said = failure.reasonOf(error.Malformed);
    try testing.expectEqualStrings(reason, said["the message is not strict CBOR: ".len..]);
}

test "items in the plain form are used as they are" {
    for ([_][]const u8{
        "\x00",         "\x17",                                 "\x18\x18",     "\x19\x01\x00",     "\x1a\x00\x01\x00\x00", "\x1b\x00\x00\x00\x01\x00\x00\x00\x00",
        "\x20",         "\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", "\x42ab",       "\x63\xe4\xb8\x96", "\x80",                 "\x82\x01\x60",
        "\xa0",         "\xa2\x61a\x01\x61b\x81\xf6",           "\xf4",         "\xf5",             "\xf6",                 "\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
        "\xf9\x7c\x00", "\xf9\xfc\x00",                         "\xf9\x7e\x00",
    }) |bytes| {
        const item = try cbor.read(arena, bytes, cbor.max_depth);
        try testing.expectEqual(bytes.ptr, item.encoded.ptr);
        try testing.expectEqual(bytes.len, heads.lengthOf(bytes));
    }
}

test "other forms are brought into it" {
    try expectRead("\x05", "\x18\x05");
    try expectRead("\x05", "\x1b\x00\x00\x00\x00\x00\x00\x00\x05");
    try expectRead("\x18\xff", "\x19\x00\xff");
    try expectRead("\x38\xff", "\x3a\x00\x00\x00\xff");
    try expectRead("\x62ab", "\x78\x02ab");
    try expectRead("\x62ab", "\x7f\x61a\x60\x61b\xff");
    try expectRead("\x40", "\x5f\xff");
    try expectRead("\x82\x01\x81\x02", "\x9f\x01\x9f\x02\xff\xff");
    try expectRead("\xa1\x62ab\xa0", "\xbf\x7f\x61a\x61b\xff\xbf\xff\xff");
    try expectRead("\x80", "\x98\x00");
    try expectRead("\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00", "\xf9\x3e\x00");
    try expectRead("\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00", "\xfa\x3f\xc0\x00\x00");
    try expectRead("\xf9\x7c\x00", "\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00");
    try expectRead("\xf9\xfc\x00", "\xfa\xff\x80\x00\x00");
    try expectRead("\xf9\x7e\x00", "\xfb\x7f\xf8\x00\x00\x00\x00\x00\x01");
    try expectRead("\xf9\x7e\x00", "\xf9\xfe\x01");
}

test "a container of indefinite length may have many entries" {
    var bytes: [302]u8 = @splat(0);
    bytes[0] = 0x9f;
    bytes[301] = 0xff;
    const item = try cbor.read(arena, &bytes, cbor.max_depth);
    try testing.expectEqual(300, item.count());
    try testing.expectEqual(303, item.encoded.len);
}

test "floats of 16 bits are what the machine takes them for" {
    for (0..0x10000) |bits| {
        const expected: f64 = @as(f16, @bitCast(@as(u16, @intCast(bits))));
        const found = heads.half(@intCast(bits));
        if (std.math.isNan(expected)) try testing.expect(std.math.isNan(found)) else try testing.expectEqual(
            @as(u64, @bitCast(expected)),
            @as(u64, @bitCast(found)),
        );
    }
}

test "what is no strict CBOR is told apart" {
    try expectMalformed("cut short", "");
    try expectMalformed("cut short", "\x19\x01");
    try expectMalformed("cut short", "\x62a");
    try expectMalformed("cut short", "\x82\x01");
    try expectMalformed("cut short", "\x9f\x01");
    try expectMalformed("cut short", "\x7f\x61a");
    try expectMalformed("cut short", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff");
    try expectMalformed("cut short", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff");
    try expectMalformed("bytes follow the item", "\x00\x00");
    try expectMalformed("a tag", "\xc1\x00");
    try expectMalformed("a simple value", "\xf7");
    try expectMalformed("a simple value", "\xf8\x20");
    try expectMalformed("a simple value", "\xe0");
    try expectMalformed("a reserved head", "\x1c");
    try expectMalformed("a reserved head", "\x1f");
    try expectMalformed("a reserved head", "\x3f");
    try expectMalformed("a reserved head", "\xdf");
    try expectMalformed("a break without a beginning", "\xff");
    try expectMalformed("a break without a beginning", "\x81\xff");
    try expectMalformed("a break without a beginning", "\xbf\x61a\xff");
    try expectMalformed("a chunk of another kind", "\x7f\x41a\xff");
    try expectMalformed("a chunk of another kind", "\x5f\x5f\xff\xff");
    try expectMalformed("text that is no UTF-8", "\x61\xff");
    try expectMalformed("text that is no UTF-8", "\x7f\x61\xc3\x61\xa9\xff");
    try expectMalformed("a key that is no text", "\xa1\x01\x01");
    try expectMalformed("a key that stands twice", "\xa2\x61a\x01\x61a\x02");
    try expectMalformed("a key that stands twice", "\xa2\x61a\x01\x7f\x60\x61a\xff\x02");
    try expectMalformed("an integer of more than 64 bits", "\x3b\x80\x00\x00\x00\x00\x00\x00\x00");
}

test "nesting is bounded" {
    for ([_]u8{ 0x81, 0x9f }) |opening| {
        const bytes: [100_000]u8 = @splat(opening);
        try expectMalformed("nested too deep", &bytes);
    }
    const deepest: [cbor.max_depth]u8 = @splat(0x81);
    try expectMalformed("cut short", &deepest);
    _ = try cbor.read(arena, (&deepest)[0 .. cbor.max_depth - 1] ++ "\x80", cbor.max_depth);
}

test "bytes that were changed at random are judged without harm, and stay what they are when read again" {
    const seeds = [_][]const u8{
        "\xa4\x62id\x50" ++ "0123456789abcdef" ++ "\x64data\xbf\x61a\x9f\x01\xf9\x3e\x00\xff\xff\x63raw\x5f\x41a\xff\x62ts\x1b\x00\x00\x00\x00\x00\x00\x00\x01",
        "\x9f\x7f\x61a\xff\xbf\x61k\xfa\x3f\xc0\x00\x00\xff\x38\x20\x82\xf5\xf6\xff",
    };
    var random = std.Random.DefaultPrng.init(17);
    var read: usize = 0;
    for (0..100_000) |_| {
        var scratch: std.heap.ArenaAllocator = .init(testing.allocator);
        defer scratch.deinit();
        var bytes: [80]u8 = undefined;
        const seed = seeds[random.random().uintLessThan(usize, seeds.len)];
        @memcpy(bytes[0..seed.len], seed);
        for (0..random.random().uintLessThan(usize, 4)) |_|
            bytes[random.random().uintLessThan(usize, seed.len)] = random.random().int(u8);
        const item = cbor.read(scratch.allocator(), bytes[0..seed.len], 8) catch continue;
        read += 1;
        try testing.expectEqual(item.encoded.len, heads.lengthOf(item.encoded));
        const again = try cbor.read(scratch.allocator(), item.encoded, 8);
        try testing.expectEqual(item.encoded.ptr, again.encoded.ptr);
    }
    try testing.expect(read > 10_000);
}

test "values of all types are written and read back" {
    const Suit = enum { hearts, spades };
    const Card = struct { suit: Suit, pips: u8 };
    const Hand = struct {
        name: []const u8,
        low: i64,
        high: u64,
        odds: f32,
        open: bool,
        cards: []const Card,
        seal: cbor.Bytes,
        note: ?[]const u8,
        bid: ?u8 = 3,
        rest: Item,
    };
    const encoded = try cbor.encode(arena, .{
        .name = "Grüße",
        .low = std.math.minInt(i64),
        .high = std.math.maxInt(u64),
        .odds = @as(f32, 0.25),
        .open = true,
        .cards = .{ .{ .suit = .hearts, .pips = 7 }, .{ .suit = Suit.spades, .pips = 10 } },
        .seal = cbor.bytes("\x00\xff"),
        .rest = .{ 1, -1, null, "x" },
    });
    const item = try cbor.read(arena, encoded, cbor.max_depth);
    try testing.expectEqual(encoded.ptr, item.encoded.ptr);
    const hand = try item.as(Hand, arena, "hand");
    try testing.expectEqualStrings("Grüße", hand.name);
    try testing.expectEqual(std.math.minInt(i64), hand.low);
    try testing.expectEqual(std.math.maxInt(u64), hand.high);
    try testing.expectEqual(0.25, hand.odds);
    try testing.expect(hand.open);
    try testing.expectEqualSlices(Card, &.{ .{ .suit = .hearts, .pips = 7 }, .{ .suit = .spades, .pips = 10 } }, hand.cards);
    try testing.expectEqualStrings("\x00\xff", hand.seal.bytes);
    try testing.expectEqual(null, hand.note);
    try testing.expectEqual(3, hand.bid);
    try testing.expectEqualSlices(u8, "\x84\x01\x20\xf6\x61x", hand.rest.encoded);
}

test "a value of another type is an error that names the place" {
    const map = try Map.of(arena, .{ .card = .{ .pan = "4111", .year = 2026 }, .list = .{ 1, "two" }, .minus = -1 });
    const cases = .{
        .{ i64, "card.pan", error.WrongType, "data.card.pan: expected integer, found text" },
        .{ []const u8, "card.year", error.WrongType, "data.card.year: expected text, found integer" },
        .{ u8, "card.year", error.OutOfRange, "data.card.year does not fit into u8" },
        .{ u64, "minus", error.OutOfRange, "data.minus does not fit into u64" },
        .{ bool, "card", error.WrongType, "data.card: expected boolean, found map" },
        .{ []const u8, "card.name", error.Missing, "data.card.name is missing" },
        .{ []const u8, "card.pan.digits", error.Missing, "data.card.pan.digits is missing" },
        .{ []const u8, "", error.Missing, "data. is missing" },
        .{ []const i64, "list", error.WrongType, "data.list[]: expected integer, found text" },
        .{ enum { a, b }, "card.pan", error.OutOfRange, "data.card.pan is none of the names that belong there" },
        .{ struct { pan: []const u8, cvv: u16 }, "card", error.Missing, "data.card.cvv is missing" },
        .{ struct { pan: ?u16 }, "card", error.WrongType, "data.card.pan: expected integer, found text" },
    };
    inline for (cases) |case| {
        try testing.expectError(case[2], map.get(case[0], case[1]));
        try testing.expectEqualStrings(case[3], failure.reasonOf(case[2]));
    }
    try testing.expectEqual(null, try map.get(?u8, "card.name"));
    try testing.expectEqual(2026.0, try map.get(f64, "card.year"));
    try testing.expectEqual(-1.0, try map.get(f64, "minus"));
}

fn expectMap(expected: []const u8, map: Map) !void {
    const found = try cbor.encode(arena, map);
    try testing.expectEqualSlices(u8, expected, found);
    _ = try cbor.read(arena, found, cbor.max_depth);
}

test "a map is changed at a path, and other entries stay where they are" {
    var map = try Map.of(arena, .{ .a = 1, .b = .{ .c = 2, .d = 3 }, .e = 4 });
    try map.set("b.c", "x");
    try map.set("f.g.h", true);
    try map.set("a", null);
    try map.remove("e");
    try map.remove("nothing.there");
    try expectMap("\xa3\x61a\xf6\x61b\xa2\x61c\x61x\x61d\x03\x61f\xa1\x61g\xa1\x61h\xf5", map);
    try map.remove("b.d");
    try map.remove("f.g");
    try map.set("b.n", 1);
    try expectMap("\xa3\x61a\xf6\x61b\xa2\x61c\x61x\x61n\x01\x61f\xa0", map);
    try testing.expectEqualStrings("x", try map.get([]const u8, "b.c"));
    try testing.expectError(error.WrongType, map.set("a.x", 1));
    try testing.expectError(error.Malformed, map.set("t", "\xff"));
    try testing.expectError(error.Malformed, map.set("\xff", 1));
}

test "copies of a map are independent" {
    var one = try Map.of(arena, .{ .a = 1 });
    try one.set("b", 1);
    var other = one;
    try one.set("c", 1);
    try other.set("c", 2);
    try other.set("d", 2);
    try expectMap("\xa3\x61a\x01\x61b\x01\x61c\x01", one);
    try expectMap("\xa4\x61a\x01\x61b\x01\x61c\x02\x61d\x02", other);
}

test "a map takes any number of changes" {
    var map = Map{ .arena = arena };
    for (0..1000) |index| {
        var key: [4]u8 = undefined;
        try map.setField(std.fmt.bufPrint(&key, "{d}", .{index % 300}) catch unreachable, index);
    }
    try testing.expectEqual(300, (try map.joined()).count());
    try testing.expectEqual(999, try map.get(u32, "99"));
    try testing.expectEqual(899, try map.get(u32, "299"));
}

test "what is put in may not be nested too deep" {
    var map = Map{ .arena = arena };
    const deepest: [30]u8 = @splat(0x81);
    const item = Item{ .encoded = (deepest[0..29] ++ "\x80") };
    try map.set("a", item);
    try testing.expectError(error.Malformed, map.set("a.b", item));
    const path: [80]u8 = @splat('.');
    try testing.expectError(error.Malformed, map.set(&path, 1));
}

test "a wide map is judged in no time" {
    var encoder = cbor.Encoder{ .out = (try arena.alloc(u8, 3_000_000)).ptr };
    encoder.head(.map, 200_000);
    for (0..200_000) |index| {
        var key: [8]u8 = undefined;
        encoder.write(std.fmt.bufPrint(&key, "{x}", .{index *% 0x9e3779b1 & 0xffffffff}) catch unreachable);
        encoder.write(null);
    }
    _ = try cbor.read(arena, encoder.out.?[0..encoder.size], cbor.max_depth);
}
