//! A guest in Zig that counts the bytes it has seen in a hash map and answers with the number of different ones.
const std = @import("std");

extern "env" fn log(level: i32, ptr: [*]const u8, len: usize) void;

var seen: std.AutoHashMapUnmanaged(u8, u32) = .empty;

export fn alloc(len: usize) ?[*]u8 {
    const bytes = std.heap.wasm_allocator.alloc(u8, len) catch return null;
    return bytes.ptr;
}

export fn free(ptr: [*]u8, len: usize) void {
    std.heap.wasm_allocator.free(ptr[0..len]);
}

export fn process(ptr: [*]const u8, len: usize) u64 {
    for (ptr[0..len]) |byte| {
        const entry = seen.getOrPutValue(std.heap.wasm_allocator, byte, 0) catch {
            log(4, "out of memory", 13);
            return 0;
        };
        entry.value_ptr.* += 1;
    }
    const answer = std.heap.wasm_allocator.alloc(u8, 4) catch return 0;
    std.mem.writeInt(u32, answer[0..4], seen.count(), .little);
    return @as(u64, @intFromPtr(answer.ptr)) << 32 | 4;
}
