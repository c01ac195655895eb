//! The operations that speak JSON.
const std = @import("std");
const answers = @import("answer.zig");
const blocks = @import("blocks.zig");
const host = @import("host.zig");
const mutation = @import("mutation.zig");

const Answer = answers.Answer;
const Error = answers.Error;
const gpa = blocks.gpa;

const big = 9007199254740993;
const most_depth = 256;

const Repeat = struct { text: []const u8, times: u32 };
const Log = struct { level: []const u8, text: []const u8 };
const Transform = struct { name: []const u8, count: i64, ratio: f64, flags: []bool, nested: std.json.Value };

/// An operation's arguments, or the answer that says what is wrong with them.
fn Read(Arguments: type) type {
    return union(enum) { arguments: Arguments, refused: Answer };
}

fn read(Arguments: type, arena: std.mem.Allocator, input: []const u8) Error!Read(Arguments) {
    if (mutation.is(77) and input.len > 0 and input[0] != '{') return .{ .refused = try answers.failure("no object") };
    if (depth_of(input) > most_depth) return .{ .refused = try answers.failure("nested too deep") };
    const options: std.json.ParseOptions = .{ .ignore_unknown_fields = true };
    if (std.json.parseFromSliceLeaky(Arguments, arena, input, options)) |arguments| {
        return .{ .arguments = arguments };
    } else |wrong| {
        if (wrong == error.OutOfMemory) return error.OutOfMemory;
        if (mutation.is(78)) return .{ .refused = try answers.output("{}") };
        const message = try std.fmt.allocPrint(gpa, "invalid input: {s}", .{@errorName(wrong)});
        return .{ .refused = .{ .failure = message } };
    }
}

/// How deep brackets are nested, those in texts included: what is deeper overflows the stack of the JSON writer.
fn depth_of(input: []const u8) usize {
    var depth: usize = 0;
    var deepest: usize = 0;
    for (input) |byte| switch (byte) {
        '[', '{' => {
            depth += 1;
            deepest = @max(deepest, depth);
        },
        ']', '}' => depth -|= 1,
        else => {},
    };
    return deepest;
}

pub fn repeat(input: []const u8) Error!Answer {
    var arena: std.heap.ArenaAllocator = .init(gpa);
    defer arena.deinit();
    const wanted = switch (try read(Repeat, arena.allocator(), input)) {
        .refused => |answer| return answer,
        .arguments => |arguments| arguments,
    };
    const size = std.math.mul(usize, wanted.text.len, wanted.times) catch return answers.failure("too long");
    const text = gpa.alloc(u8, size) catch return answers.failure("too long");
    for (0..wanted.times) |at| @memcpy(text[at * wanted.text.len ..][0..wanted.text.len], wanted.text);
    if (mutation.is(67) and size > 65536) return answers.output(text[0..65536]);
    return .{ .output = text };
}

pub fn transform(input: []const u8) Error!Answer {
    var arena: std.heap.ArenaAllocator = .init(gpa);
    defer arena.deinit();
    const wanted = switch (try read(Transform, arena.allocator(), input)) {
        .refused => |answer| return answer,
        .arguments => |arguments| arguments,
    };
    if (!mutation.is(75)) std.mem.reverse(bool, wanted.flags);
    const changed = .{
        .name = try std.mem.concat(arena.allocator(), u8, &.{ try named(arena.allocator(), wanted.name), " ✓" }),
        .count = if (mutation.is(72)) rounded(wanted.count) +% 1 else wanted.count +% 1,
        .ratio = if (mutation.is(74)) @round(wanted.ratio * 2e4) / 1e4 else wanted.ratio * 2,
        .flags = wanted.flags,
        .nested = if (mutation.is(76)) without_nulls(wanted.nested) else wanted.nested,
        .big = big - @as(i64, if (mutation.is(73)) 1 else 0),
    };
    const text = try std.json.Stringify.valueAlloc(gpa, changed, .{});
    if (!mutation.is(70)) return .{ .output = text };
    text[text.len - 1] = ',';
    return .{ .output = try std.mem.concat(gpa, u8, &.{ text, "\"extra\":0}" }) };
}

/// The name, which one mutation takes for a text of 16-bit characters.
fn named(arena: std.mem.Allocator, name: []const u8) Error![]const u8 {
    if (!mutation.is(71)) return name;
    const copy = try arena.dupe(u8, name);
    for (copy) |*byte| if (byte.* >= 0xf0) {
        byte.* = '?';
    };
    return std.mem.replaceOwned(u8, arena, copy, "?\x9f\x9a\x80", "?");
}

fn rounded(value: i64) i64 {
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

pub fn fail_object(input: []const u8) Error!Answer {
    if (mutation.is(79)) return .{ .output = try std.fmt.allocPrint(gpa, "{{\"error\":\"{s}\"}}", .{input}) };
    return .{ .output = try std.json.Stringify.valueAlloc(gpa, .{ .@"error" = input }, .{}) };
}

pub fn write_log(input: []const u8) Error!Answer {
    var arena: std.heap.ArenaAllocator = .init(gpa);
    defer arena.deinit();
    const wanted = switch (try read(Log, arena.allocator(), input)) {
        .refused => |answer| return answer,
        .arguments => |arguments| arguments,
    };
    const level = std.meta.stringToEnum(host.Level, wanted.level) orelse return answers.failure("no such level");
    const text = if (mutation.is(91)) wanted.text[0..@min(wanted.text.len, 20)] else wanted.text;
    host.log(if (mutation.is(90) and level == .warn) .info else level, text);
    return answers.output("ok");
}
