//! The texts of JSON: what stands between the quotes, and what it says.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");

/// What the inside of a judged string says: itself when it has no escapes, else in the arena.
pub fn unescape(arena: Allocator, raw: []const u8) Allocator.Error![]const u8 {
    if (bytes_of.indexOf(raw, '\\') == null) return raw;
    // It never gets longer.
    const out = try arena.alloc(u8, raw.len);
    var size: usize = 0;
    var reader = Reader{ .raw = raw };
    while (reader.next()) |part| {
        @memcpy(out[size..][0..part.len], part);
        size += part.len;
    }
    return out[0..size];
}

/// Whether the inside of a judged string says that text.
pub fn says(raw: []const u8, text: []const u8) bool {
    if (bytes_of.indexOf(raw, '\\') == null) return bytes_of.same(raw, text);
    var reader = Reader{ .raw = raw };
    var left = text;
    while (reader.next()) |part| {
        if (left.len < part.len or !bytes_of.same(left[0..part.len], part)) return false;
        left = left[part.len..];
    }
    return left.len == 0;
}

const Reader = struct {
    raw: []const u8,
    at: usize = 0,
    buffer: [4]u8 = undefined,

    /// The bytes of the next character or of part of one; null at the end.
    fn next(reader: *Reader) ?[]const u8 {
        if (reader.at == reader.raw.len) return null;
        const start = reader.at;
        reader.at += 1;
        if (reader.raw[start] != '\\') return reader.raw[start..reader.at];
        const letter = reader.raw[reader.at];
        reader.at += 1;
        reader.buffer[0] = switch (letter) {
            'b' => 8,
            'f' => 12,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return reader.character(),
            else => letter,
        };
        return reader.buffer[0..1];
    }

    fn character(reader: *Reader) []const u8 {
        var value: u21 = reader.digits();
        if (value & 0xf800 == 0xd800) {
            reader.at += 2;
            value = 0x10000 + (((value & 0x3ff) << 10) | (reader.digits() & 0x3ff));
        }
        const size = std.unicode.utf8Encode(value, &reader.buffer) catch unreachable;
        return reader.buffer[0..size];
    }

    fn digits(reader: *Reader) u16 {
        defer reader.at += 4;
        return bytes_of.hex(reader.raw[reader.at..][0..4]).?;
    }
};
