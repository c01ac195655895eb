//! Reads CBOR (RFC 8949) where it lies. Nothing is copied, every length is checked against the bytes that are there,
//! and nesting is bounded, so that no input can make it trap, loop or run out of stack.
const std = @import("std");

pub const Error = error{ Truncated, TooDeep, NotCbor };

/// Levels of arrays, maps and tags that an item may nest.
pub const max_depth = 32;

pub const Kind = enum(u3) { unsigned, negative, bytes, text, array, map, tag, simple };

/// The first bytes of an item: its kind, and its value or length; null = indefinite length, or the break.
pub const Head = struct {
    kind: Kind,
    value: ?u64,

    pub fn isBreak(head: Head) bool {
        return head.kind == .simple and head.value == null;
    }
};

pub const Reader = struct {
    bytes: []const u8,
    at: usize = 0,

    pub fn atEnd(reader: Reader) bool {
        return reader.at == reader.bytes.len;
    }

    pub fn head(reader: *Reader) Error!Head {
        const first = (try reader.take(1))[0];
        const kind: Kind = @fromBackingInt(@intCast(first >> 5));
        const value: ?u64 = switch (@as(u5, @truncate(first))) {
            0...23 => |small| small,
            24 => (try reader.take(1))[0],
            25 => std.mem.readInt(u16, (try reader.take(2))[0..2], .big),
            26 => std.mem.readInt(u32, (try reader.take(4))[0..4], .big),
            27 => std.mem.readInt(u64, (try reader.take(8))[0..8], .big),
            28...30 => return error.NotCbor,
            31 => switch (kind) {
                .bytes, .text, .array, .map, .simple => null,
                .unsigned, .negative, .tag => return error.NotCbor,
            },
        };
        return .{ .kind = kind, .value = value };
    }

    /// The text that comes next; null when the item is something else or comes in chunks.
    pub fn text(reader: *Reader) Error!?[]const u8 {
        const found = try reader.head();
        const length = found.value orelse return null;
        if (found.kind != .text) return null;
        return try reader.take(length);
    }

    /// Passes over one whole item.
    pub fn skip(reader: *Reader) Error!void {
        const found = try reader.head();
        if (found.isBreak()) return error.NotCbor;
        try reader.skipBody(found, max_depth);
    }

    fn skipBody(reader: *Reader, found: Head, depth: u8) Error!void {
        if (depth == 0) return error.TooDeep;
        switch (found.kind) {
            .unsigned, .negative, .simple => {},
            .bytes, .text => if (found.value) |length| {
                _ = try reader.take(length);
            } else try reader.skipChunks(found.kind),
            .tag => try reader.skipItems(1, depth),
            .array => try reader.skipItems(found.value, depth),
            .map => try reader.skipItems(if (found.value) |pairs|
                std.math.mul(u64, pairs, 2) catch return error.Truncated
            else
                null, depth),
        }
    }

    fn skipItems(reader: *Reader, count: ?u64, depth: u8) Error!void {
        var left = count orelse std.math.maxInt(u64);
        while (left > 0) : (left -= 1) {
            const found = try reader.head();
            if (found.isBreak()) return if (count == null) {} else error.NotCbor;
            try reader.skipBody(found, depth - 1);
        }
    }

    fn skipChunks(reader: *Reader, kind: Kind) Error!void {
        while (true) {
            const chunk = try reader.head();
            if (chunk.isBreak()) return;
            if (chunk.kind != kind) return error.NotCbor;
            _ = try reader.take(chunk.value orelse return error.NotCbor);
        }
    }

    fn take(reader: *Reader, count: u64) Error![]const u8 {
        if (count > reader.bytes.len - reader.at) return error.Truncated;
        const start = reader.at;
        reader.at += @intCast(count);
        return reader.bytes[start..reader.at];
    }
};

/// The entries of a map. After each key the caller reads or skips exactly one item, the value.
pub const Map = struct {
    reader: *Reader,
    /// Entries that the map's head announces; null when it ends with a break.
    length: ?u64,
    left: u64,

    /// Null when the next item is no map.
    pub fn open(reader: *Reader) Error!?Map {
        const found = try reader.head();
        if (found.kind != .map) return null;
        return .{ .reader = reader, .length = found.value, .left = found.value orelse std.math.maxInt(u64) };
    }

    /// The next key, or null at the end, which is left unread when it is a break.
    pub fn next(map: *Map) (Error || error{KeyNotText})!?[]const u8 {
        if (map.left == 0) return null;
        map.left -= 1;
        if (map.length == null and map.reader.at < map.reader.bytes.len and map.reader.bytes[map.reader.at] == 0xff)
            return null;
        return try map.reader.text() orelse error.KeyNotText;
    }

    /// Reads the break that ends a map without a length.
    pub fn close(map: Map) Error!void {
        if (map.length == null) _ = try map.reader.head();
    }
};

/// Writes the head of an item in its shortest form; returns the bytes used.
pub fn writeHead(out: []u8, kind: Kind, value: u64) usize {
    const first: u8 = @as(u8, @backingInt(kind)) << 5;
    if (value < 24) {
        out[0] = first | @as(u8, @intCast(value));
        return 1;
    }
    inline for (.{ u8, u16, u32, u64 }, 24..) |Int, code| {
        if (value <= std.math.maxInt(Int)) {
            out[0] = first | @as(u8, @intCast(code));
            std.mem.writeInt(Int, out[1..][0..@sizeOf(Int)], @intCast(value), .big);
            return 1 + @sizeOf(Int);
        }
    }
    unreachable;
}

fn skipAll(bytes: []const u8) Error!usize {
    var reader = Reader{ .bytes = bytes };
    try reader.skip();
    return reader.at;
}

test "every kind of item is passed over" {
    const items = [_][]const u8{
        "\x00",          "\x18\xff", "\x39\x01\x00", "\x42ab",                   "\x62ab",       "\x82\x01\x02",      "\xa1\x61a\x01",
        "\xf6",          "\xf8\x20", "\xf9\x00\x00", "\xc1\x1a\x00\x00\x00\x01", "\x9f\x01\xff", "\xbf\x61a\x01\xff", "\x7f\x61a\x61b\xff",
        "\x5f\x41a\xff",
    };
    for (items) |item| try std.testing.expectEqual(item.len, try skipAll(item));
}

test "an item that is cut short is an error at every length" {
    const item = "\xa2\x61a\x82\x19\x01\x00\xf9\x00\x00\x61b\x7f\x61x\xff";
    for (0..item.len) |length| try std.testing.expectError(error.Truncated, skipAll(item[0..length]));
    try std.testing.expectEqual(item.len, try skipAll(item));
}

test "reserved heads, stray breaks and mixed chunks are no CBOR" {
    for ([_][]const u8{ "\x1c", "\x1f", "\xdf\x00", "\xff", "\x81\xff", "\x7f\x41a\xff", "\x5f\x5f\xff\xff" }) |bytes|
        try std.testing.expectError(error.NotCbor, skipAll(bytes));
}

test "lengths beyond the input and beyond 64 bits are errors" {
    for ([_][]const u8{ "\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff" }) |bytes|
        try std.testing.expectError(error.Truncated, skipAll(bytes));
}

test "nesting is bounded" {
    for ([_]u8{ 0x81, 0xc1, 0xa1, 0x9f, 0xbf }) |opening| {
        var bytes: [100_000]u8 = @splat(opening);
        try std.testing.expectError(error.TooDeep, skipAll(&bytes));
    }
    const deepest: [max_depth - 1]u8 = @splat(0x81);
    _ = try skipAll(&deepest ++ "\x00");
}

test "heads are written in their shortest form and read back" {
    for ([_]u64{ 0, 23, 24, 255, 256, 65535, 65536, 0xffffffff, 0x100000000 }, [_]usize{ 1, 1, 2, 2, 3, 3, 5, 5, 9 }) |value, size| {
        var bytes: [9]u8 = undefined;
        try std.testing.expectEqual(size, writeHead(&bytes, .map, value));
        var reader = Reader{ .bytes = bytes[0..size] };
        try std.testing.expectEqual(Head{ .kind = .map, .value = value }, try reader.head());
    }
}

test "random bytes are read without a trap" {
    var random = std.Random.DefaultPrng.init(7);
    for (0..20_000) |_| {
        var bytes: [64]u8 = undefined;
        random.fill(&bytes);
        _ = skipAll(&bytes) catch continue;
    }
}
