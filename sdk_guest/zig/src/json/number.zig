//! Whole numbers from the digits of JSON, exactly.
const std = @import("std");

/// A whole number of up to 64 bits and a sign.
pub const Whole = struct {
    negative: bool,
    magnitude: u64,

    /// The number as a `T`, null when it does not fit.
    pub fn cast(whole_: Whole, comptime T: type) ?T {
        if (!whole_.negative) return std.math.cast(T, whole_.magnitude);
        if (whole_.magnitude == 0) return 0;
        const below = std.math.cast(u63, whole_.magnitude - 1) orelse return null;
        return std.math.cast(T, -1 - @as(i64, below));
    }
};

/// The number that the literal stands for, when it is whole: `4`, `4.0`, `40e-1`. Null when it is not, or too large.
pub fn whole(literal: []const u8) ?Whole {
    const negative = literal[0] == '-';
    var at: usize = @intFromBool(negative);
    var magnitude: u64 = 0;
    // Zeros are held back until another digit follows: 1.000… may have any number of them.
    var zeros: i64 = 0;
    var point: i64 = 0;
    var fraction = false;
    while (at < literal.len and literal[at] | 0x20 != 'e') : (at += 1) {
        if (literal[at] == '.') {
            fraction = true;
            continue;
        }
        if (fraction) point += 1;
        zeros += 1;
        if (literal[at] == '0') continue;
        magnitude = times(magnitude, zeros) orelse return null;
        magnitude = std.math.add(u64, magnitude, literal[at] - '0') catch return null;
        zeros = 0;
    }
    if (magnitude == 0) return .{ .negative = negative, .magnitude = 0 };
    const exponent = if (at < literal.len) exponentOf(literal[at + 1 ..]) else 0;
    return .{ .negative = negative, .magnitude = times(magnitude, zeros + exponent - point) orelse return null };
}

fn times(value: u64, power: i64) ?u64 {
    if (power < 0) return null;
    if (value == 0) return 0;
    var result = value;
    var left = power;
    while (left > 0) : (left -= 1) result = std.math.mul(u64, result, 10) catch return null;
    return result;
}

/// The exponent, or one that is beyond all that matters.
fn exponentOf(digits: []const u8) i64 {
    const negative = digits[0] == '-';
    const start: usize = @intFromBool(negative or digits[0] == '+');
    var value: i64 = 0;
    for (digits[start..]) |digit| value = @min(10 * value + (digit - '0'), 1 << 40);
    return if (negative) -value else value;
}
