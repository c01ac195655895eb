//! The first bytes of a CBOR item (RFC 8949, section 3), in the form that `check` made sure of: a length that is
//! there, in its shortest form. What reads here needs no checks of its own.
const std = @import("std");

/// The kinds of items that messages may hold.
pub const Major = enum(u3) { unsigned, negative, bytes, text, array, map, tag, other };

/// The item false.
pub const false_byte = 0xf4;
/// The item true.
pub const true_byte = 0xf5;
/// The item null.
pub const null_byte = 0xf6;
/// The head of a float of 64 bits.
pub const float_byte = 0xfb;
/// The head of a float of 32 bits.
pub const single_byte = 0xfa;
/// The head of a float of 16 bits.
pub const half_byte = 0xf9;
/// The bits of infinity, as a float of 16 bits.
pub const half_infinity = 0x7c00;
/// The bits of the one NaN that is written, as a float of 16 bits.
pub const half_nan = 0x7e00;
/// What ends a container or string of indefinite length.
pub const break_byte = 0xff;

/// What an item's first bytes say: its kind, its value or length, and how many bytes they are.
pub const Head = struct {
    major: Major,
    value: u64,
    size: usize,

    /// The head of the item that starts here.
    pub fn of(bytes: []const u8) Head {
        const first = bytes[0];
        const major: Major = @fromBackingInt(@intCast(first >> 5));
        const info = first & 31;
        if (info < 24) return .{ .major = major, .value = info, .size = 1 };
        const size = @as(usize, 1) << @intCast(info - 24);
        var value: u64 = 0;
        for (bytes[1..][0..size]) |byte| value = value << 8 | byte;
        return .{ .major = major, .value = value, .size = 1 + size };
    }
};

/// How many bytes the item that starts here has.
pub fn lengthOf(bytes: []const u8) usize {
    var at: usize = 0;
    var left: u64 = 1;
    while (left > 0) : (left -= 1) {
        const head = Head.of(bytes[at..]);
        at += head.size;
        switch (head.major) {
            .bytes, .text => at += @intCast(head.value),
            .array => left += head.value,
            .map => left += 2 * head.value,
            else => {},
        }
    }
    return at;
}

/// The value of a float, by its head's first byte and its bits.
pub fn floatOf(first: u8, bits: u64) f64 {
    return switch (first) {
        half_byte => half(@truncate(bits)),
        single_byte => @as(f32, @bitCast(@as(u32, @truncate(bits)))),
        else => @bitCast(bits),
    };
}

/// The value of a float of 16 bits.
pub fn half(bits: u16) f64 {
    const sign = @as(u64, bits >> 15) << 63;
    const exponent: u64 = bits >> 10 & 31;
    const fraction = @as(u64, bits & 0x3ff) << 42;
    const magnitude: f64 = switch (exponent) {
        // The smallest normal number and its fraction, less that number.
        0 => @as(f64, @bitCast((1023 - 14) << 52 | fraction)) - 0x1p-14,
        31 => @bitCast(0x7ff << 52 | fraction),
        else => @bitCast((exponent + 1023 - 15) << 52 | fraction),
    };
    return @bitCast(@as(u64, @bitCast(magnitude)) | sign);
}

/// A head in its shortest form; answers how many of the 9 bytes it has.
pub fn write(out: *[9]u8, major: Major, value: u64) usize {
    const first = @as(u8, @backingInt(major)) << 5;
    if (value < 24) {
        out[0] = first | @as(u8, @intCast(value));
        return 1;
    }
    const code: u3 = if (value <= 0xff) 0 else if (value <= 0xffff) 1 else if (value <= 0xffff_ffff) 2 else 3;
    const size = @as(usize, 1) << code;
    out[0] = first | (@as(u8, code) + 24);
    for (0..size) |index| out[size - index] = @truncate(value >> @intCast(8 * index));
    return 1 + size;
}
