//! The scanner's memory: the input, behind it the keys of the maps that are open.

const std = @import("std");

const page = 65536;

extern var __heap_base: u8;
/// The input. It starts where the linker's own data ends, an address that compiles to a constant.
pub const bytes: [*]u8 = @ptrCast(&__heap_base);
/// The text keys of the maps that are open, those of the innermost last. They stand behind the input.
pub var keys: [*]Key = undefined;
pub var keys_capacity: usize = 0;

/// Make room for an input of `length` bytes and some keys; false when there is no memory for them.
pub fn reserve(length: u32) bool {
    const first_key = std.mem.alignForward(u64, @intFromPtr(bytes) + @as(u64, length), 16);
    const pages = (first_key + 2 * page - 1) / page;
    const present = @wasmMemorySize(0);
    if (pages > present and (pages >= page or @wasmMemoryGrow(0, @intCast(pages - present)) < 0)) return false;
    keys = @ptrFromInt(@as(usize, @intCast(first_key)));
    keys_capacity = (@wasmMemorySize(0) * page - @as(usize, @intCast(first_key))) / @sizeOf(Key);
    return true;
}

/// Room for more keys. They take less than 8 times the input, which the host bounds; no memory is a trap, never a wrong
/// answer.
pub noinline fn growKeys() void {
    if (@wasmMemoryGrow(0, 16) < 0) @trap();
    keys_capacity += 16 * page / @sizeOf(Key);
}

/// A text key of an open map, as a place in `bytes`; its first bytes too, which tell most keys apart.
pub const Key = struct {
    start: u32,
    length: u32,
    prefix: u64,

    pub fn of(content: String) Key {
        return .{ .start = content.start, .length = content.length, .prefix = firstBytes(content.slice()) };
    }

    pub fn slice(key: Key) []const u8 {
        return bytes[key.start..][0..key.length];
    }

    pub fn equals(key: Key, other: Key) bool {
        return key.prefix == other.prefix and key.length == other.length and
            (key.length <= 8 or std.mem.eql(u8, key.slice(), other.slice()));
    }

    pub fn before(_: void, key: Key, other: Key) bool {
        if (key.length != other.length) return key.length < other.length;
        return std.mem.lessThan(u8, key.slice(), other.slice());
    }
};

/// The content of a string, as a place in `bytes`.
pub const String = struct {
    start: u32,
    length: u32,

    pub fn slice(string: String) []const u8 {
        return bytes[string.start..][0..string.length];
    }
};

/// Up to 8 bytes as a number, zeros for those that are not there. Reads 8 in any case: `bytes` has room behind its end.
pub fn firstBytes(text: []const u8) u64 {
    if (@inComptime()) {
        var padded: [8]u8 = @splat(0);
        @memcpy(padded[0..text.len], text);
        return std.mem.readInt(u64, &padded, .little);
    }
    const word = std.mem.readInt(u64, text.ptr[0..8], .little);
    return if (text.len >= 8) word else word & ((@as(u64, 1) << @intCast(8 * text.len)) - 1);
}

/// Whether the text is UTF-8; nearly all of it is ASCII, which is quicker to see.
pub fn validText(text: []const u8) bool {
    var seen: u64 = 0;
    var place: usize = 0;
    while (place + 8 <= text.len) : (place += 8) {
        seen |= std.mem.readInt(u64, text[place..][0..8], .little);
    }
    if (place < text.len) seen |= firstBytes(text[place..]);
    const ascii = seen & 0x8080808080808080 == 0;
    return ascii or @call(.never_inline, std.unicode.utf8ValidateSlice, .{text});
}
