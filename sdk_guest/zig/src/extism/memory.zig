//! Moves bytes between the plugin's memory and Extism's, which are apart: eight at a time, by the kernel's functions.
const std = @import("std");
const Allocator = std.mem.Allocator;
const host = @import("host.zig").host;

/// A block of Extism's memory; 0 is none.
pub const Handle = u64;

/// The input of the call.
pub fn input(arena: Allocator) Allocator.Error![]u8 {
    const bytes = try arena.alloc(u8, std.math.cast(usize, host.input_length()) orelse return error.OutOfMemory);
    fill(bytes, 0, host.input_load_u64, host.input_load_u8);
    return bytes;
}

/// What a block holds, which is freed; null for no block.
pub fn take(arena: Allocator, handle: Handle) Allocator.Error!?[]u8 {
    if (handle == 0) return null;
    defer host.free(handle);
    const bytes = try arena.alloc(u8, std.math.cast(usize, host.length(handle)) orelse return error.OutOfMemory);
    fill(bytes, handle, host.load_u64, host.load_u8);
    return bytes;
}

fn fill(bytes: []u8, start: u64, load_u64: anytype, load_u8: anytype) void {
    var at: usize = 0;
    while (at + 8 <= bytes.len) : (at += 8) std.mem.writeInt(u64, bytes[at..][0..8], load_u64(start + at), .little);
    while (at < bytes.len) : (at += 1) bytes[at] = @truncate(load_u8(start + at));
}

/// A new block with these bytes; 0 for no bytes, as Extism has it.
pub noinline fn give(bytes: []const u8) Allocator.Error!Handle {
    if (bytes.len == 0) return 0;
    const handle = host.alloc(bytes.len);
    if (handle == 0) return error.OutOfMemory;
    var at: usize = 0;
    while (at + 8 <= bytes.len) : (at += 8) host.store_u64(handle + at, std.mem.readInt(u64, bytes[at..][0..8], .little));
    while (at < bytes.len) : (at += 1) host.store_u8(handle + at, bytes[at]);
    return handle;
}
