//! Judges CBOR that came from outside, and brings it into the one form that the rest of this package reads.
//!
//! What passes is strict by the rules of fluxMsg: one item and nothing behind it, text in UTF-8, keys that are text and
//! stand once, no tags, of the simple values only false, true and null, integers of 64 bits, at most 32 containers in
//! each other. That form: lengths definite, integers and lengths short, floats as `Encoder` has them. Most bytes have it already
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
pub noinline fn read(arena: Allocator, bytes: []const u8, depth: u8) Error!Item {
    var reader = Reader{ .arena = arena, .bytes = bytes };
    reader.item(depth);
    if (reader.at != bytes.len) reader.fail("bytes follow the item");
    if (reader.flaw.len > 0) return failure.record(error.Malformed, &.{ "the message is not strict CBOR: ", reader.flaw });
    if (reader.memory_is_full) return error.OutOfMemory;
    if (reader.plain) return .{ .encoded = bytes };
    const out = try arena.alloc(u8, reader.writer.size);
    reader.writer = .{ .out = out.ptr };
    reader.at = 0;
    reader.item(depth);
    return if (reader.memory_is_full) error.OutOfMemory else .{ .encoded = out };
}

/// Goes on after a flaw, with nothing left to read: so no step has to be asked whether it succeeded.
const Reader = struct {
    arena: Allocator,
    bytes: []const u8,
    at: usize = 0,
    flaw: []const u8 = "",
    memory_is_full: bool = false,
    plain: bool = true,
    writer: Encoder = .{},
    /// Keys of the maps that are open, those of the innermost last.
    keys: [][]const u8 = &.{},
    key_count: usize = 0,
    /// What the last head said beside its kind.
    value: u64 = 0,
    indefinite: bool = false,

    noinline fn fail(reader: *Reader, flaw: []const u8) void {
        if (reader.flaw.len == 0) reader.flaw = flaw;
        reader.at = reader.bytes.len;
    }

    fn item(reader: *Reader, depth: u8) void {
        const major = reader.head();
        switch (major) {
            .unsigned, .negative => {
                if (major == .negative and reader.value >> 63 != 0) reader.fail("an integer of more than 64 bits");
                reader.writer.head(major, reader.value);
            },
            .bytes, .text => reader.writer.string(major, reader.string(major)),
            .array, .map => if (depth == 0) reader.fail("nested too deep") else reader.container(major, depth - 1),
            .tag => reader.fail("a tag"),
            .other => {},
        }
    }

    /// Reads a head; a simple value and a float as a whole.
    noinline fn head(reader: *Reader) Major {
        const first = reader.byte();
        const major: Major = @fromBackingInt(@intCast(first >> 5));
        const info = first & 31;
        reader.indefinite = false;
        reader.value = info;
        if (info >= 24) {
            if (info > 27) {
                reader.indefinite = info == 31 and (major == .other or @backingInt(major) >= 2 and @backingInt(major) <= 5);
                if (!reader.indefinite) reader.fail("a reserved head");
                reader.plain = false;
            } else {
                reader.value = 0;
                const size = @as(u8, 1) << @intCast(info - 24);
                for (reader.take(size)) |byte_| reader.value = reader.value << 8 | byte_;
                // Is there a shorter form?
                const shorter = if (info == 24) reader.value < 24 else reader.value >> @intCast(4 * size) == 0;
                if (major != .other and shorter) reader.plain = false;
            }
        }
        if (major == .other) reader.simple(first);
        return major;
    }

    fn simple(reader: *Reader, first: u8) void {
        switch (first) {
            heads.false_byte, heads.true_byte, heads.null_byte => reader.writer.raw(&.{first}),
            heads.half_byte, heads.single_byte, heads.float_byte => {
                const number = heads.floatOf(first, reader.value);
                const size_before = reader.writer.size;
                reader.writer.float(number);
                // Is it written otherwise than it came?
                const size = reader.writer.size - size_before;
                if (size != @as(usize, 2) << @intCast(first - heads.half_byte) | 1) reader.plain = false;
                if (number != number and reader.value != heads.half_nan) reader.plain = false;
            },
            heads.break_byte => reader.fail("a break without a beginning"),
            else => reader.fail("a simple value"),
        }
    }

    fn byte(reader: *Reader) u8 {
        const one = reader.take(1);
        return if (one.len == 1) one[0] else heads.null_byte;
    }

    noinline fn take(reader: *Reader, count: u64) []const u8 {
        const start = reader.at;
        if (count > reader.bytes.len - start) {
            reader.fail("cut short");
            return "";
        }
        reader.at += @intCast(count);
        return reader.bytes[start..reader.at];
    }

    /// Whether the container or string of a head goes on; a break is passed over.
    fn goesOn(reader: *Reader, indefinite: bool, count: u64, length: u64) bool {
        if (reader.flaw.len > 0 or reader.memory_is_full) return false;
        if (!indefinite) return count < length;
        if (reader.at < reader.bytes.len and reader.bytes[reader.at] == heads.break_byte) {
            reader.at += 1;
            return false;
        }
        return true;
    }

    /// The content, joined from its chunks if there are any.
    noinline fn string(reader: *Reader, major: Major) []const u8 {
        if (!reader.indefinite) return reader.chunk(major);
        var joined: []u8 = &.{};
        while (reader.goesOn(true, 0, 0)) {
            if (reader.head() != major or reader.indefinite) reader.fail("a chunk of another kind");
            const content = reader.chunk(major);
            const before = joined.len;
            joined = reader.arena.realloc(joined, before + content.len) catch {
                reader.memory_is_full = true;
                break;
            };
            @memcpy(joined[before..], content);
        }
        return joined;
    }

    fn chunk(reader: *Reader, major: Major) []const u8 {
        const content = reader.take(reader.value);
        if (major == .text and !bytes_of.isUtf8(content)) reader.fail("text that is no UTF-8");
        return content;
    }

    fn container(reader: *Reader, major: Major, depth: u8) void {
        const writer = &reader.writer;
        const length = reader.value;
        const indefinite = reader.indefinite;
        if (!indefinite) writer.head(major, length);
        const start = writer.size;
        const first_key = reader.key_count;
        var count: u64 = 0;
        while (reader.goesOn(indefinite, count, length)) : (count += 1) {
            if (major == .map) {
                if (reader.head() != .text) reader.fail("a key that is no text");
                const key = reader.string(.text);
                writer.string(.text, key);
                reader.push(key);
            }
            reader.item(depth);
        }
        if (bytes_of.anyTwins(reader.keys[first_key..reader.key_count])) reader.fail("a key that stands twice");
        reader.key_count = first_key;
        if (indefinite) insertHead(writer, start, major, count);
    }

    fn push(reader: *Reader, key: []const u8) void {
        if (reader.key_count == reader.keys.len) {
            reader.keys = reader.arena.realloc(reader.keys, 2 * reader.keys.len + 16) catch {
                reader.memory_is_full = true;
                return;
            };
        }
        reader.keys[reader.key_count] = key;
        reader.key_count += 1;
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
