//! Reference data, read from the tables beside this file when the module is built: where countries lie and what
//! currencies are worth. The generator reads the same files.
const std = @import("std");

pub const Country = [2]u8;
pub const Currency = [3]u8;

/// One row of countries.csv: code, latitude and longitude of where most people live in degrees, hours ahead of UTC,
/// currency (for the generator).
const Place = struct {
    code: Country,
    utc_hours: i8,
    /// Kilometres from the centre of the earth.
    point: [3]f32,
};

/// One row of currencies.csv: code, digits of the minor unit, and the euros that a million of it are worth.
const Rate = struct {
    code: Currency,
    digits: u8,
    euros_per_million: u64,
};

const earth_km = 6371.0;

const places = blk: {
    @setEvalBranchQuota(1_000_000);
    const csv = @embedFile("countries.csv");
    var rows: [std.mem.count(u8, csv, "\n")]Place = undefined;
    var lines = std.mem.tokenizeScalar(u8, csv, '\n');
    for (&rows) |*row| {
        var cells = std.mem.splitScalar(u8, lines.next().?, ',');
        const code = cells.next().?[0..2].*;
        const latitude: comptime_float = @floatFromInt(integer(cells.next().?));
        const longitude: comptime_float = @floatFromInt(integer(cells.next().?));
        const north = latitude * std.math.pi / 180.0;
        const east = longitude * std.math.pi / 180.0;
        row.* = .{
            .code = code,
            .utc_hours = integer(cells.next().?),
            .point = .{ earth_km * @cos(north) * @cos(east), earth_km * @cos(north) * @sin(east), earth_km * @sin(north) },
        };
    }
    break :blk rows;
};

const rates = blk: {
    @setEvalBranchQuota(1_000_000);
    const csv = @embedFile("currencies.csv");
    var rows: [std.mem.count(u8, csv, "\n")]Rate = undefined;
    var lines = std.mem.tokenizeScalar(u8, csv, '\n');
    for (&rows) |*row| {
        var cells = std.mem.splitScalar(u8, lines.next().?, ',');
        const code = cells.next().?[0..3].*;
        row.* = .{ .code = code, .digits = integer(cells.next().?), .euros_per_million = integer(cells.next().?) };
    }
    break :blk rows;
};

fn integer(comptime cell: []const u8) comptime_int {
    return std.fmt.parseInt(i64, cell, 10) catch unreachable;
}

fn place(code: Country) ?Place {
    for (places) |row| if (std.mem.eql(u8, &row.code, &code)) return row;
    return null;
}

/// The hour of day at a country's clock; UTC where the country is unknown.
pub fn localHour(seconds: u32, country: Country) u8 {
    const ahead: i64 = if (place(country)) |row| row.utc_hours else 0;
    return @intCast(@mod(@divFloor(@as(i64, seconds), 3600) + ahead, 24));
}

/// Kilometres between two countries, straight through the earth and so never too many; null when one is unknown.
pub fn distanceKm(a: Country, b: Country) ?f32 {
    const from = (place(a) orelse return null).point;
    const to = (place(b) orelse return null).point;
    var square: f32 = 0;
    for (from, to) |x, y| square += (x - y) * (x - y);
    return @sqrt(square);
}

/// Largest amount that is taken, in minor units; keeps the arithmetic of `euroCents` far from overflow.
pub const max_amount = 1_000_000_000_000;

/// An amount of minor units in euro cents, at most the largest u32; null when the currency is unknown.
pub fn euroCents(amount: u64, currency: Currency) ?u32 {
    std.debug.assert(amount <= max_amount);
    for (rates) |row| {
        if (!std.mem.eql(u8, &row.code, &currency)) continue;
        const per_unit: u64 = if (row.digits == 2) 1 else 100;
        return std.math.cast(u32, amount * row.euros_per_million * per_unit / 1_000_000) orelse std.math.maxInt(u32);
    }
    return null;
}

test "amounts become euro cents" {
    try std.testing.expectEqual(1299, euroCents(1299, "EUR".*));
    try std.testing.expectEqual(1495, euroCents(1300, "GBP".*));
    try std.testing.expectEqual(5800, euroCents(10_000, "JPY".*));
    try std.testing.expectEqual(null, euroCents(1, "XXX".*));
    for (rates) |row| _ = euroCents(max_amount, row.code).?;
}

test "distances are those of the globe" {
    try std.testing.expectEqual(0, distanceKm("DE".*, "DE".*));
    try std.testing.expectApproxEqAbs(360, distanceKm("DE".*, "NL".*).?, 60);
    try std.testing.expectApproxEqAbs(8700, distanceKm("DE".*, "JP".*).?, 500);
    try std.testing.expectEqual(null, distanceKm("DE".*, "ZZ".*));
}

test "hours are those of the country" {
    try std.testing.expectEqual(23, localHour(23 * 3600, "GB".*));
    try std.testing.expectEqual(0, localHour(23 * 3600, "DE".*));
    try std.testing.expectEqual(22, localHour(3 * 3600, "US".*));
    try std.testing.expectEqual(3, localHour(3 * 3600, "ZZ".*));
}
