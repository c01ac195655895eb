//! What the host offers, and the memory that it shares with the gear.
const std = @import("std");
const mutation = @import("mutation.zig");

pub const gpa = std.heap.wasm_allocator;

pub const Level = enum(u32) { debug = 1, info = 2, warn = 3, @"error" = 4 };

const env = struct {
    extern "env" fn log(level: Level, ptr: [*]const u8, len: usize) void;
};

pub fn log(level: Level, text: []const u8) void {
    const told: Level = if (mutation.is("warnings_logged_as_info") and level == .warn) .info else level;
    env.log(told, text.ptr, text.len);
}

/// Pointer and length as the ABI packs them.
pub fn pack(bytes: []const u8) u64 {
    return @as(u64, @intFromPtr(bytes.ptr)) << 32 | bytes.len;
}

var ring: [2][1024]u8 = undefined;
var ring_next: usize = 0;
var nothing_is_out = false;
var unfreed_input: ?[*]u8 = null;
var unfreed_result: ?[*]u8 = null;

/// The input of the message at hand must be freed before its result. Only a mutation asks for it.
pub fn expectFirst(input: ?[*]u8, result: ?[*]u8) void {
    unfreed_input = input;
    unfreed_result = result;
}

export fn alloc(len: usize) ?[*]u8 {
    if (mutation.is("odd_size_refused") and len == 12289) return null;
    if (mutation.is("pointer_beyond_memory") and len == 24577) return @ptrFromInt(0x7fff_0000);
    if (mutation.is("two_empty_blocks_trap") and len == 0) {
        if (nothing_is_out) @trap();
        nothing_is_out = true;
    }
    if (mutation.is("blocks_on_one_place") and len > 1000 and len <= 1024) {
        ring_next += 1;
        return &ring[ring_next % ring.len];
    }
    if (mutation.is("no_large_blocks") and len > 1 << 20) return null;
    const memory = gpa.alloc(u8, @max(len, 1)) catch {
        if (mutation.is("no_memory_traps")) @trap();
        return null;
    };
    return memory.ptr;
}

export fn free(ptr: ?[*]u8, len: usize) void {
    const memory = ptr orelse return;
    if (mutation.is("result_freed_first_traps")) {
        if (memory == unfreed_result and unfreed_input != null) @trap();
        if (memory == unfreed_input) unfreed_input = null;
    }
    if (len == 0) nothing_is_out = false;
    if (mutation.is("blocks_on_one_place") and len > 1000 and len <= 1024) return;
    if (mutation.is("freed_block_leaks") and len > 3000 and len <= 3100) return;
    if (mutation.is("freed_bytes_wiped")) @memset(memory[0..len], 0);
    gpa.free(memory[0..@max(len, 1)]);
}
