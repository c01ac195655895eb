//! The mutants of the convention `wasm-bindgen`, in its older shape: the only one that a compiler makes by itself.
const std = @import("std");
const answers = @import("answer.zig");
const blocks = @import("blocks.zig");
const host = @import("host.zig");
const mutation = @import("mutation.zig");
const operations = @import("operations.zig");

pub const profile = "wasm-bindgen";
pub const failing = 81;

extern "wbg" fn __wbindgen_throw(ptr: [*]const u8, len: usize) noreturn;

const Result = extern struct { ptr: usize, len: usize };

comptime {
    for (std.meta.declarations(operations)) |name| {
        @export(&exported(name), .{ .name = name });
    }
}

fn exported(comptime name: []const u8) fn (*Result, ?[*]u8, usize) callconv(.c) void {
    return struct {
        fn call(result: *Result, ptr: ?[*]u8, len: usize) callconv(.c) void {
            const input: []const u8 = if (ptr) |first| first[0..len] else "";
            const answer = @field(operations, name)(input) catch @panic("out of memory");
            if (mutation.is(45) and comptime std.mem.eql(u8, name, "plain")) stack_top -= 16;
            result.* = switch (answer) {
                .output => |bytes| .{ .ptr = @intFromPtr(bytes.ptr), .len = bytes.len },
                .failure => |message| __wbindgen_throw(host.start(message), message.len),
                .wild => |place| .{ .ptr = place.ptr, .len = place.len },
            };
            if (!mutation.is(1051)) blocks.release(ptr, len);
        }
    }.call;
}

/// Where results are put. The compiler's own stack pointer can't be reached from here.
var stack: [4096]u8 align(16) = undefined;
var stack_top: usize = stack.len;

export fn __wbindgen_add_to_stack_pointer(by: isize) usize {
    stack_top = @intCast(@as(isize, @intCast(stack_top)) + by);
    return @intFromPtr(&stack) + stack_top;
}

export fn __wbindgen_start() void {
    if (mutation.is(15)) @trap();
}

export fn __wbindgen_malloc(len: usize, _: usize) ?[*]u8 {
    return blocks.allocate(len) orelse @panic("out of memory");
}

export fn __wbindgen_free(ptr: ?[*]u8, len: usize, _: usize) void {
    blocks.release(ptr, len);
}
