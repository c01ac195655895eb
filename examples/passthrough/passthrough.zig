//! A fluxrig gear that passes every message on unchanged. Core profile: it imports nothing.
const std = @import("std");

const gpa = std.heap.wasm_allocator;

/// Null when memory is full.
export fn alloc(len: usize) ?[*]u8 {
    const memory = gpa.alloc(u8, @max(len, 1)) catch return null;
    return memory.ptr;
}

export fn free(ptr: ?[*]u8, len: usize) void {
    const memory = ptr orelse return;
    gpa.free(memory[0..@max(len, 1)]);
}

/// A copy of the message as pointer and length: the host frees input and result each on its own.
export fn process(ptr: ?[*]const u8, len: usize) u64 {
    const message = ptr orelse return 0;
    // Returning 0 would drop the message silently; the core profile has no other way to say that memory is full.
    const out = gpa.dupe(u8, message[0..len]) catch @trap();
    return @as(u64, @intFromPtr(out.ptr)) << 32 | len;
}
