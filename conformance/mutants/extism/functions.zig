//! The functions of the plugin profile.
const std = @import("std");
const call = @import("call.zig");
const host = @import("host.zig");
const mutation = @import("mutation.zig");

const Call = call.Call;
const Error = call.Error;
const big = 9007199254740993;

const Repeat = struct { text: []const u8, times: u32 };
const Log = struct { level: []const u8, text: []const u8 };
const Transform = struct { name: []const u8, count: i64, ratio: f64, flags: []bool, nested: std.json.Value };
const Set = struct { key: []const u8, value: ?[]const i64 = null };
const Request = struct { url: []const u8, method: []const u8, headers: std.json.Value = .null, body: ?[]const u8 = null };

var last_length: usize = 0;
var has_failed = false;

pub fn contract(c: *Call) Error![]const u8 {
    if (mutation.is(30)) return c.write(.{
        .contract = "plugbay-conformance/1",
        .abi = "extism",
        .profile = "actor",
        .language = "zig",
        .sdk = "raw",
    });
    return c.write(about);
}

pub const about = .{
    .contract = "plugbay-conformance/1",
    .abi = "extism",
    .profile = "actor",
    .language = "zig",
    .sdk = "raw",
    .sdk_version = "1",
};

pub fn echo(c: *Call) Error![]const u8 {
    const before = last_length;
    last_length = c.input.len;
    if (mutation.is(32) and c.input.len == 13) c.input[12] = 0;
    if (mutation.is(33) and c.input.len > 1_000_000) return c.input[0..1_000_000];
    if (mutation.is(35) and before > 1000 and c.input.len == 3) c.input[2] ^= 1;
    if (mutation.is(52) and has_failed) {
        has_failed = false;
        return c.fail("an earlier error", .{});
    }
    if (mutation.is(55) and c.input.len == 700) _ = try call.leaking.dupe(u8, c.input);
    return c.input;
}

pub fn empty(c: *Call) Error![]const u8 {
    return if (mutation.is(34) and std.mem.eql(u8, c.input, "something")) "null" else "";
}

pub fn reverse(c: *Call) Error![]const u8 {
    std.mem.reverse(u8, c.input);
    if (mutation.is(36) and c.input.len == 17) c.input[8] +%= 1;
    return c.input;
}

pub fn length(c: *Call) Error![]const u8 {
    const counted = if (mutation.is(37)) @as(u16, @truncate(c.input.len)) else c.input.len;
    return std.fmt.allocPrint(c.arena, "{d}", .{counted});
}

pub fn repeat(c: *Call) Error![]const u8 {
    const wanted = try read(c, Repeat) orelse return "{}";
    const size = std.math.mul(usize, wanted.text.len, wanted.times) catch return c.fail("too long", .{});
    const text = c.arena.alloc(u8, size) catch return c.fail("too long", .{});
    for (0..wanted.times) |at| @memcpy(text[at * wanted.text.len ..][0..wanted.text.len], wanted.text);
    if (mutation.is(38)) std.mem.replaceScalar(u8, text, 1, '?');
    if (mutation.is(39) and size > 1 << 20) return text[0 .. 1 << 20];
    return text;
}

pub fn transform(c: *Call) Error![]const u8 {
    const wanted = try read(c, Transform) orelse return "{}";
    if (!mutation.is(44)) std.mem.reverse(bool, wanted.flags);
    const step: i64 = if (mutation.is(48) and c.input[0] != '{') 2 else 1;
    return c.write(.{
        .name = try std.mem.concat(c.arena, u8, &.{ try named(c, wanted.name), " ✓" }),
        .count = step + if (mutation.is(41)) rounded(wanted.count) else wanted.count,
        .ratio = if (mutation.is(43)) @round(wanted.ratio * 2e4) / 1e4 else wanted.ratio * 2,
        .flags = wanted.flags,
        .nested = if (mutation.is(45)) without_nulls(wanted.nested) else wanted.nested,
        .big = big - @as(i64, if (mutation.is(42)) 1 else 0),
    });
}

pub fn fail(c: *Call) Error![]const u8 {
    has_failed = true;
    if (mutation.is(50) and c.input.len > 10_000) return c.fail("{s}", .{c.input[0..10_000]});
    return c.fail("{s}", .{c.input});
}

pub fn trap(_: *Call) Error![]const u8 {
    if (mutation.is(53)) return "";
    @trap();
}

pub fn write_log(c: *Call) Error![]const u8 {
    const wanted = try read(c, Log) orelse return "{}";
    const level = std.meta.stringToEnum(host.Level, wanted.level) orelse return c.fail("no level {s}", .{wanted.level});
    const text = try c.arena.dupe(u8, wanted.text);
    if (mutation.is(71)) std.mem.replaceScalar(u8, text, '\n', ' ');
    host.log(if (mutation.is(70) and level == .trace) .debug else level, text);
    return "ok";
}

pub fn config_get(c: *Call) Error![]const u8 {
    const value = try host.config(c.arena, c.input) orelse {
        return c.write(.{ .value = if (mutation.is(61)) @as(?[]const u8, "") else null });
    };
    return c.write(.{ .value = if (mutation.is(60)) value[0..@min(value.len, 65536)] else value });
}

pub fn var_get(c: *Call) Error![]const u8 {
    const value = try host.variable(c.arena, c.input) orelse {
        const nothing: ?[]const u8 = if (mutation.is(63) and std.mem.eql(u8, c.input, "absent")) "none" else null;
        return c.write(.{ .value = nothing });
    };
    if (mutation.is(62) and value.len == 256) value[255] = 0;
    return c.write(.{ .value = try numbers(c, value) });
}

pub fn var_set(c: *Call) Error![]const u8 {
    const wanted = try read(c, Set) orelse return "{}";
    if (mutation.is(65) and wanted.value != null and try host.variable(c.arena, wanted.key) != null) return "ok";
    const list = wanted.value orelse {
        if (!mutation.is(64)) host.set_variable(wanted.key, null);
        return "ok";
    };
    const bytes = try c.arena.alloc(u8, list.len);
    for (bytes, list) |*byte, number| byte.* = std.math.cast(u8, number) orelse return c.fail("{d} is no byte", .{number});
    host.set_variable(wanted.key, bytes);
    return "ok";
}

pub fn count(c: *Call) Error![]const u8 {
    const order: std.builtin.Endian = if (mutation.is(67)) .big else .little;
    const before = try host.variable(c.arena, "count");
    const old = if (before) |bytes| (if (bytes.len == 8) std.mem.readInt(u64, bytes[0..8], order) else 0) else 0;
    const new = old +% (if (mutation.is(66) and old == 5) @as(u64, 2) else 1);
    var bytes: [8]u8 = undefined;
    std.mem.writeInt(u64, &bytes, new, order);
    host.set_variable("count", &bytes);
    return std.fmt.allocPrint(c.arena, "{d}", .{new});
}

pub fn http(c: *Call) Error![]const u8 {
    const wanted = try c.parse(Request, c.input);
    const headers: std.json.Value = if (wanted.headers == .object) wanted.headers else .{ .object = .empty };
    const request = try c.write(.{ .url = wanted.url, .method = wanted.method, .headers = headers });
    const is_put = std.mem.eql(u8, wanted.method, "PUT");
    const response = try host.http(c.arena, request, if (mutation.is(75) and is_put) "" else wanted.body orelse "");
    var received = try c.parse(std.json.Value, response.headers);
    if (mutation.is(77)) _ = received.object.orderedRemove("retry-after");
    return c.write(.{
        .status = if (mutation.is(76)) @min(response.status, 500) else response.status,
        .headers = received,
        .body = if (mutation.is(78)) response.body[0..@min(response.body.len, 65536)] else response.body,
    });
}

/// The input as JSON of a type; null where a mutant takes what is wrong for nothing.
fn read(c: *Call, Type: type) Error!?Type {
    if (mutation.is(46) or mutation.is(47)) {
        const is_json = std.json.validate(c.arena, c.input) catch return error.OutOfMemory;
        if (mutation.is(46) and !is_json) return null;
        return c.parse(Type, c.input) catch |wrong| if (mutation.is(47) and is_json) null else wrong;
    }
    return try c.parse(Type, c.input);
}

/// Bytes as numbers; JSON of Zig's own would make a text of them.
pub fn numbers(c: *Call, bytes: []const u8) Error![]const u16 {
    const list = try c.arena.alloc(u16, bytes.len);
    for (list, bytes) |*number, byte| number.* = byte;
    return list;
}

/// The name, which one mutation takes for a text of 16-bit characters.
fn named(c: *Call, name: []const u8) Error![]const u8 {
    return if (mutation.is(40)) std.mem.replaceOwned(u8, c.arena, name, "🚀", "?") else name;
}

pub fn rounded(value: i64) i64 {
    const float: f64 = @floatFromInt(value);
    return if (float >= 9.2e18) std.math.maxInt(i64) - 1 else @intFromFloat(float);
}

fn without_nulls(value: std.json.Value) std.json.Value {
    if (value != .object) return value;
    var object = value.object;
    var at: usize = 0;
    while (at < object.count()) {
        if (object.values()[at] == .null) object.orderedRemoveAt(at) else at += 1;
    }
    return .{ .object = object };
}
