//! The calling convention `packed`: `(ptr, len) -> u64`, with `alloc` and `free` for the host.
//!
//! The result has the pointer in its high and the length in its low 32 bits; 0 is an empty output. With bit 63 set the
//! function failed and the bytes are a message for people. The host frees the input as well as the result.
const std = @import("std");

pub const gpa = std.heap.wasm_allocator;

const failed: u64 = 1 << 63;

/// What a byte function gives back: bytes of `gpa`, or why it failed.
pub const Answer = union(enum) { output: []const u8, failure: []const u8 };

/// A function of bytes as one that the host can call.
pub fn function(comptime run: fn ([]const u8) error{OutOfMemory}!Answer) fn (?[*]const u8, usize) callconv(.c) u64 {
    return struct {
        fn call(ptr: ?[*]const u8, len: usize) callconv(.c) u64 {
            const input: []const u8 = if (ptr) |first| first[0..len] else "";
            const answer = run(input) catch @panic("out of memory");
            return switch (answer) {
                .output => |bytes| pack(bytes),
                .failure => |message| pack(message) | failed,
            };
        }
    }.call;
}

fn pack(bytes: []const u8) u64 {
    return if (bytes.len == 0) 0 else @as(u64, @intFromPtr(bytes.ptr)) << 32 | bytes.len;
}

/// Null when memory is full. Nothing is allocated at address 0, so null is never a good pointer.
export fn alloc(len: usize) ?[*]u8 {
    const memory = gpa.alloc(u8, @max(len, 1)) catch return null;
    return memory.ptr;
}

export fn free(ptr: ?[*]u8, len: usize) void {
    const memory = ptr orelse return;
    gpa.free(memory[0..@max(len, 1)]);
}
