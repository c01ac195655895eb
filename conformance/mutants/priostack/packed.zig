//! The mutants of the convention `packed`.
const std = @import("std");
const answers = @import("answer.zig");
const blocks = @import("blocks.zig");
const mutation = @import("mutation.zig");
const operations = @import("operations.zig");

pub const profile = "packed";
pub const failing = 80;

const failed: u64 = 1 << 63;

comptime {
    for (std.meta.declarations(operations)) |name| {
        @export(&exported(@field(operations, name)), .{ .name = name });
    }
}

fn exported(comptime run: fn ([]const u8) answers.Error!answers.Answer) fn (?[*]const u8, usize) callconv(.c) u64 {
    return struct {
        fn call(ptr: ?[*]const u8, len: usize) callconv(.c) u64 {
            const input: []const u8 = if (ptr) |first| first[0..len] else "";
            return switch (run(input) catch @panic("out of memory")) {
                .output => |bytes| pack(bytes),
                .failure => |message| pack(message) | failed,
                .wild => |place| @as(u64, place.ptr) << 32 | place.len,
            };
        }
    }.call;
}

fn pack(bytes: []const u8) u64 {
    return if (bytes.len == 0) 0 else @as(u64, @intFromPtr(bytes.ptr)) << 32 | bytes.len;
}

export fn _initialize() void {
    if (mutation.is(15)) @trap();
}

export fn alloc(len: usize) ?[*]u8 {
    return blocks.allocate(len);
}

export fn free(ptr: ?[*]u8, len: usize) void {
    blocks.release(ptr, len);
}
