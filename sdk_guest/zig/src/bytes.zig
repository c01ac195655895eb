//! Small things about bytes and text, written for size.
const std = @import("std");

/// Whether both are the same.
pub noinline fn same(one: []const u8, other: []const u8) bool {
    if (one.len != other.len) return false;
    for (one, other) |a, b| if (a != b) return false;
    return true;
}

/// Whether the bytes are UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF, nothing cut short.
pub noinline fn isUtf8(text: []const u8) bool {
    var at: usize = 0;
    while (at < text.len) {
        const first = text[at];
        at += 1;
        if (first < 0x80) continue;
        if (first < 0xc2 or first > 0xf4) return false;
        var least: u8 = 0x80;
        var most: u8 = 0xbf;
        switch (first) {
            0xe0 => least = 0xa0,
            0xed => most = 0x9f,
            0xf0 => least = 0x90,
            0xf4 => most = 0x8f,
            else => {},
        }
        var more: u8 = if (first < 0xe0) 1 else if (first < 0xf0) 2 else 3;
        while (more > 0) : (more -= 1) {
            if (at == text.len or text[at] < least or text[at] > most) return false;
            least = 0x80;
            most = 0xbf;
            at += 1;
        }
    }
    return true;
}

/// Whether a text stands twice among these. Sorts them: a hundred thousand keys must not take minutes.
pub noinline fn anyTwins(texts: [][]const u8) bool {
    var gap: usize = 1;
    while (gap < texts.len / 3) gap = 3 * gap + 1;
    while (gap > 0) : (gap /= 3) {
        for (gap..@max(gap, texts.len)) |index| {
            const moved = texts[index];
            var hole = index;
            while (hole >= gap and before(moved, texts[hole - gap])) : (hole -= gap) texts[hole] = texts[hole - gap];
            texts[hole] = moved;
        }
    }
    for (1..@max(1, texts.len)) |index| if (same(texts[index - 1], texts[index])) return true;
    return false;
}

fn before(one: []const u8, other: []const u8) bool {
    if (one.len != other.len) return one.len < other.len;
    for (one, other) |a, b| if (a != b) return a < b;
    return false;
}

/// Where a byte stands first, null when it does not.
pub fn indexOf(text: []const u8, byte: u8) ?usize {
    for (text, 0..) |each, index| if (each == byte) return index;
    return null;
}

/// The number that four hexadecimal digits are, null when they are not.
pub fn hex(digits: *const [4]u8) ?u16 {
    var value: u16 = 0;
    for (digits) |digit| {
        const lower = digit | 0x20;
        const nibble = if (digit -% '0' < 10) digit - '0' else if (lower -% 'a' < 6) lower - 'a' + 10 else return null;
        value = value << 4 | nibble;
    }
    return value;
}

/// Where the bytes are, for the host. No bytes have no address in Zig, and a host may mind one outside the memory.
pub fn pointer(bytes: anytype) @TypeOf(bytes.ptr) {
    return if (bytes.len > 0) bytes.ptr else @constCast(&nowhere);
}

const nowhere = [_]u8{0};
