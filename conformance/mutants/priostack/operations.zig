//! The operations of the contract (spec/v1/guests.md, "PrioStack"), each right unless a mutation says otherwise.
const std = @import("std");
const answers = @import("answer.zig");
const blocks = @import("blocks.zig");
const host = @import("host.zig");
const json = @import("json.zig");
const mutation = @import("mutation.zig");
const root = @import("root");

const Answer = answers.Answer;
const Error = answers.Error;
const gpa = blocks.gpa;

const mebibyte = 1 << 20;

pub fn contract(input: []const u8) Error!Answer {
    if (mutation.is(60) and input.len > 0) return answers.failure("contract takes no input");
    return answers.output("{\"contract\":\"plugbay-conformance/1\",\"abi\":\"priostack\",\"profile\":\"" ++ root.profile ++
        "\",\"language\":\"zig\",\"sdk\":\"none\",\"sdk_version\":\"1\"}");
}

pub fn echo(input: []const u8) Error!Answer {
    const copy = gpa.dupe(u8, input) catch |full| {
        if (mutation.is(52)) return answers.output(input[0 .. input.len / 8]);
        return full;
    };
    if (mutation.is(61) and !std.unicode.utf8ValidateSlice(input)) for (copy) |*byte| {
        if (byte.* >= 0x80) byte.* = '?';
    };
    if (mutation.is(62) and input.len == 257) return answers.output(input[0..256]);
    if (mutation.is(63) and input.len == mebibyte) copy[mebibyte - 1] = 0;
    return .{ .output = copy };
}

pub fn empty(_: []const u8) Error!Answer {
    if (mutation.is(66)) return answers.output("\n");
    if (mutation.is(68)) return .{ .wild = .{ .ptr = @intFromPtr(blocks.fixed.ptr), .len = 0 } };
    return answers.output("");
}

pub fn reverse(input: []const u8) Error!Answer {
    const copy = try gpa.dupe(u8, input);
    if (!mutation.is(65)) std.mem.reverse(u8, copy);
    return .{ .output = copy };
}

var failed_before = false;
var latest_length: usize = 0;

pub fn length(input: []const u8) Error!Answer {
    if (mutation.is(53) and failed_before) @trap();
    defer latest_length = input.len;
    if (mutation.is(50) and latest_length > input.len) return answers.number(latest_length);
    if (mutation.is(64)) return answers.number(std.mem.indexOfScalar(u8, input, 0) orelse input.len);
    return answers.number(input.len);
}

pub fn repeat(input: []const u8) Error!Answer {
    return json.repeat(input);
}

pub fn transform(input: []const u8) Error!Answer {
    return json.transform(input);
}

pub fn fail(input: []const u8) Error!Answer {
    failed_before = true;
    if (input.len == 0 and mutation.is(83)) return answers.output("");
    if (input.len > 0 and mutation.is(root.failing)) return answers.failure(input[0 .. input.len - 1]);
    return answers.failure(input);
}

pub fn fail_object(input: []const u8) Error!Answer {
    return json.fail_object(input);
}

pub fn trap(_: []const u8) Error!Answer {
    if (mutation.is(16)) return answers.output("survived");
    @trap();
}

pub fn write_log(input: []const u8) Error!Answer {
    return json.write_log(input);
}

pub fn current_time(_: []const u8) Error!Answer {
    const time = host.now();
    return answers.number(if (mutation.is(92)) time / 1000 * 1000 else time);
}

pub fn random_bytes(input: []const u8) Error!Answer {
    const size = std.fmt.parseInt(u32, input, 10) catch return answers.failure("random_bytes wants a number");
    const bytes = gpa.alloc(u8, size) catch return answers.failure("there is no memory for so many bytes");
    host.random(bytes);
    if (mutation.is(94)) for (bytes, 0..) |*byte, at| {
        byte.* = @truncate(at *% 2654435761 >> 7);
    };
    if (mutation.is(93) and size > 31) return answers.output(bytes[0 .. size - 1]);
    return .{ .output = bytes };
}

var counted: u64 = 0;

pub fn count(_: []const u8) Error!Answer {
    counted += 1;
    if (mutation.is(95) and counted > 2) counted = 2;
    return answers.number(counted);
}

/// A function that the contract does not know: what any module may have. It copies its input.
pub fn plain(input: []const u8) Error!Answer {
    if (mutation.is(40) and input.len > 0) return .{ .wild = .{ .ptr = blocks.nowhere, .len = 16 } };
    if (mutation.is(41) and input.len > 0) return .{ .wild = .{ .ptr = @intFromPtr(input.ptr), .len = input.len } };
    if (mutation.is(42)) return .{ .wild = .{ .ptr = @intFromPtr(blocks.fixed.ptr), .len = blocks.fixed.len } };
    if (mutation.is(46) and input.len == 0) @trap();
    if (mutation.is(47) and input.len > 0 and input.len < 999 and input[0] == '{' and input[input.len - 1] != '}') @trap();
    if (mutation.is(48) and std.mem.startsWith(u8, input, "[[[[[[[[")) @trap();
    if (mutation.is(49) and std.mem.eql(u8, input, "null")) return answers.failure("\xff");
    if (mutation.is(1050)) return .{ .output = try not_cleared(input) };
    if (mutation.is(51)) _ = try gpa.alloc(u8, 32);
    if (mutation.is(54) and input.len >= mebibyte) @trap();
    return answers.output(input);
}

/// A copy with one more byte, which is whatever was there.
fn not_cleared(input: []const u8) Error![]u8 {
    const copy = try gpa.alloc(u8, input.len + 1);
    @memcpy(copy[0..input.len], input);
    return copy;
}

/// The same, and of no use but to be given another name of the same length.
pub fn spare(input: []const u8) Error!Answer {
    return answers.output(input);
}

pub const spare_more = spare;
pub const spare_again = spare;
