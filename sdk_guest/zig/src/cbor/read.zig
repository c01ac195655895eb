//! Judges CBOR that came from outside, and brings it into the one form that the rest of this package reads.
//!
//! What passes is strict by the rules of fluxMsg: one item and nothing behind it, text in UTF-8, keys that are text and
//! stand once, no tags, of the simple values only false, true and null, integers of 64 bits, at most 32 containers in
//! each other. That form: lengths definite, integers and lengths short, floats in 64 bits. Most bytes have it already
//! and are used as they are; others are written anew in a second run.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");
const heads = @import("head.zig");
const Encoder = @import("encode.zig").Encoder;
const Item = @import("item.zig").Item;
const Major = heads.Major;

/// Containers that a message may nest, itself counted.
pub const max_depth = 32;

/// The bytes are no CBOR, or not of the strict kind. The reason is recorded.
pub const Error = error{ Malformed, OutOfMemory };

/// The item in these bytes, with at most `depth` containers in each other; it may lie in the bytes or in the arena.
pub fn read(arena: Allocator, bytes: []const u8, depth: u8) Error!Item {
    var reader = Reader{ .arena = arena, .bytes = bytes };
    try reader.item(depth);
    if (reader.at != bytes.len) return malformed("bytes follow the item");
    if (reader.plain) return .{ .encoded = bytes };
    const out = try arena.alloc(u8, reader.writer.size);
    reader.writer = .{ .out = out.ptr };
    reader.at = 0;
    try reader.item(depth);
    return .{ .encoded = out };
}

noinline fn malformed(what: []const u8) Error {
    return failure.record(error.Malformed, &.{ "the message is not strict CBOR: ", what });
}

/// Null for an indefinite length.
const Head = struct { major: Major, value: ?u64 };

const Reader = struct {
    arena: Allocator,
    bytes: []const u8,
    at: usize = 0,
    plain: bool = true,
    writer: Encoder = .{},
    /// Keys of the maps that are open, those of the innermost last.
    keys: [][]const u8 = &.{},
    key_count: usize = 0,

    fn item(reader: *Reader, depth: u8) Error!void {
        const found = try reader.head();
        switch (found.major) {
            .unsigned => reader.writer.head(.unsigned, found.value.?),
            .negative => {
                if (found.value.? >> 63 != 0) return malformed("an integer of more than 64 bits");
                reader.writer.head(.negative, found.value.?);
            },
            .bytes, .text => reader.writer.string(found.major, try reader.string(found)),
            .array, .map => {
                if (depth == 0) return malformed("nested too deep");
                try reader.container(found, depth - 1);
            },
            .tag => return malformed("a tag"),
            .other => {},
        }
    }

    fn head(reader: *Reader) Error!Head {
        const first = (try reader.take(1))[0];
        const major: Major = @fromBackingInt(@intCast(first >> 5));
        const info = first & 31;
        if (major == .other) return reader.simple(first);
        if (info < 24) return .{ .major = major, .value = info };
        if (info == 31 and major != .unsigned and major != .negative and major != .tag) {
            reader.plain = false;
            return .{ .major = major, .value = null };
        }
        if (info > 27) return malformed("a reserved head");
        const value = try reader.number(info);
        // The largest value that has a shorter form.
        const short: u64 = if (info == 24) 23 else (@as(u64, 1) << @intCast(@as(u8, 8) << @intCast(info - 25))) - 1;
        if (value <= short) reader.plain = false;
        return .{ .major = major, .value = value };
    }

    fn number(reader: *Reader, info: u8) Error!u64 {
        var value: u64 = 0;
        for (try reader.take(@as(usize, 1) << @intCast(info - 24))) |byte| value = value << 8 | byte;
        return value;
    }

    fn simple(reader: *Reader, first: u8) Error!Head {
        const info = first & 31;
        if (info >= 25 and info <= 27) {
            if (info != 27) reader.plain = false;
            const bits = try reader.number(info);
            reader.writer.float(switch (info) {
                25 => heads.half(@truncate(bits)),
                26 => @as(f32, @bitCast(@as(u32, @truncate(bits)))),
                else => @bitCast(bits),
            });
        } else if (info >= 20 and info <= 22) {
            reader.writer.raw(&.{first});
        } else return malformed(if (info == 31) "a break without a beginning" else "a simple value");
        return .{ .major = .other, .value = info };
    }

    /// Whether a break comes next, which is passed over then.
    fn atBreak(reader: *Reader) Error!bool {
        const is_break = (try reader.take(1))[0] == heads.break_byte;
        if (!is_break) reader.at -= 1;
        return is_break;
    }

    /// The content, joined from its chunks if there are any.
    fn string(reader: *Reader, found: Head) Error![]const u8 {
        if (found.value) |length| return reader.chunk(found.major, length);
        var joined: []u8 = &.{};
        while (!try reader.atBreak()) {
            const part = try reader.head();
            if (part.major != found.major) return malformed("a chunk of another kind");
            const length = part.value orelse return malformed("a chunk of indefinite length");
            const content = try reader.chunk(part.major, length);
            const before = joined.len;
            joined = try reader.arena.realloc(joined, before + content.len);
            @memcpy(joined[before..], content);
        }
        return joined;
    }

    fn chunk(reader: *Reader, major: Major, length: u64) Error![]const u8 {
        const content = try reader.take(length);
        if (major == .text and !bytes_of.isUtf8(content)) return malformed("text that is no UTF-8");
        return content;
    }

    fn container(reader: *Reader, found: Head, depth: u8) Error!void {
        const writer = &reader.writer;
        if (found.value) |length| writer.head(found.major, length);
        const start = writer.size;
        const first_key = reader.key_count;
        var count: u64 = 0;
        while (if (found.value) |length| count < length else !try reader.atBreak()) : (count += 1) {
            if (found.major == .map) {
                const key = try reader.head();
                if (key.major != .text) return malformed("a key that is no text");
                const text = try reader.string(key);
                writer.string(.text, text);
                try reader.push(text);
            }
            try reader.item(depth);
        }
        if (bytes_of.anyTwins(reader.keys[first_key..reader.key_count])) return malformed("a key that stands twice");
        reader.key_count = first_key;
        if (found.value == null) insertHead(writer, start, found.major, count);
    }

    fn push(reader: *Reader, key: []const u8) Error!void {
        if (reader.key_count == reader.keys.len)
            reader.keys = try reader.arena.realloc(reader.keys, 2 * reader.keys.len + 16);
        reader.keys[reader.key_count] = key;
        reader.key_count += 1;
    }

    fn take(reader: *Reader, count: u64) Error![]const u8 {
        if (count > reader.bytes.len - reader.at) return malformed("cut short");
        const start = reader.at;
        reader.at += @intCast(count);
        return reader.bytes[start..reader.at];
    }
};

/// Put the head of a container before what was written of it, now that the length is known.
fn insertHead(writer: *Encoder, start: usize, major: Major, count: u64) void {
    const end = writer.size;
    writer.head(major, count);
    const size = writer.size - end;
    const out = writer.out orelse return;
    std.mem.copyBackwards(u8, out[start + size .. end + size], out[start..end]);
    _ = heads.write(out[start..][0..9], major, count);
}
