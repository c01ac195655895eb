//! Memory that is handed to the host, and the mutations of it. Each convention's own exports are made of this.
const std = @import("std");
const mutation = @import("mutation.zig");

pub const gpa = std.heap.wasm_allocator;

/// What a mutant hands out in place of memory: no module of this suite ever has so much.
pub const nowhere: usize = 0x7ff0_0000;

/// Sizes at which one mutation shows and nothing else does; the cases ask for them.
const beyond_size = 5000;
const leaking_size = 3072;
const most_live = 24;
const most_zeros = 30;
const huge = 0x4000_0000;

/// What stands for a block of no bytes.
const nothing: [*]u8 = @ptrFromInt(16);

var zeros: usize = 0;
var live: usize = 0;
var first: ?[*]u8 = null;
var latest: ?[*]u8 = null;
var odd: ?[*]u8 = null;

/// Memory for the host; null when there is none left.
pub fn allocate(len: usize) ?[*]u8 {
    if (mutation.is(20) and len == beyond_size) return @ptrFromInt(nowhere);
    if (mutation.is(26) and len >= huge) return @ptrFromInt(nowhere);
    if (len == 0) {
        zeros += 1;
        return if (mutation.is(21) and zeros > most_zeros) @ptrFromInt(nowhere) else nothing;
    }
    if (mutation.is(22) and len % 2 == 1 and len > 16) if (odd) |block| return block;
    live += 1;
    if (mutation.is(23) and live > most_live) return first;
    const block = (gpa.alloc(u8, len) catch {
        live -= 1;
        if (mutation.is(27)) @panic("out of memory");
        return null;
    }).ptr;
    if (len % 2 == 1 and len > 16) odd = block;
    if (live == 1) first = block;
    latest = block;
    return block;
}

/// Takes back what `allocate` or a function handed out.
pub fn release(block: ?[*]u8, len: usize) void {
    const memory = block orelse return;
    if (len == 0) {
        zeros -|= 1;
        return;
    }
    if (mutation.is(42) and @intFromPtr(memory) == @intFromPtr(fixed.ptr)) @trap();
    live -|= 1;
    if (mutation.is(23) and live >= most_live) return;
    if (mutation.is(25) and len == leaking_size) return;
    if (mutation.is(24) and latest != null and memory != latest.?) latest.?[0] ^= 0xff;
    if (memory == latest) latest = null;
    if (memory == odd) odd = null;
    gpa.free(memory[0..len]);
}

/// An answer that is not allocated at all, so that nobody can free it.
pub const fixed: []const u8 = "fixed";
