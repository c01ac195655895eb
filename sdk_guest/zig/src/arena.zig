//! Memory for one message: taken from the heap in pieces, given back all at once. (The one of Zig's library is safe for
//! threads, and three times the size.)
const std = @import("std");
const Allocator = std.mem.Allocator;
const Alignment = std.mem.Alignment;

/// An arena over another allocator.
pub const Arena = struct {
    backing: Allocator,
    newest: ?*Piece = null,
    /// What is left of the newest piece.
    at: usize = 0,
    end: usize = 0,

    const Piece = struct { older: ?*Piece, size: usize };
    const least_piece = 4096 - 16;

    /// The arena as an allocator. It must not be moved while that is used.
    pub fn allocator(arena: *Arena) Allocator {
        return .{ .ptr = arena, .vtable = &.{ .alloc = alloc, .resize = resize, .remap = remap, .free = free } };
    }

    /// Give everything back.
    pub fn deinit(arena: *Arena) void {
        var piece = arena.newest;
        while (piece) |there| {
            piece = there.older;
            arena.backing.rawFree(@as([*]u8, @ptrCast(there))[0..there.size], .of(Piece), 0);
        }
    }

    fn of(context: *anyopaque) *Arena {
        return @ptrCast(@alignCast(context));
    }

    fn alloc(context: *anyopaque, len: usize, alignment: Alignment, _: usize) ?[*]u8 {
        const arena = of(context);
        const start = alignment.forward(arena.at);
        if (arena.end >= start and arena.end - start >= len) {
            arena.at = start + len;
            return @ptrFromInt(start);
        }
        const extra = @sizeOf(Piece) + alignment.toByteUnits();
        const size = @max(least_piece, std.math.add(usize, len, extra) catch return null);
        const piece: *Piece = @ptrCast(@alignCast(arena.backing.rawAlloc(size, .of(Piece), 0) orelse return null));
        piece.* = .{ .older = arena.newest, .size = size };
        arena.newest = piece;
        const first = alignment.forward(@intFromPtr(piece) + @sizeOf(Piece));
        arena.at = first + len;
        arena.end = @intFromPtr(piece) + size;
        return @ptrFromInt(first);
    }

    /// The allocation that was made last may grow and shrink.
    fn resize(context: *anyopaque, memory: []u8, _: Alignment, len: usize, _: usize) bool {
        const arena = of(context);
        if (@intFromPtr(memory.ptr) + memory.len != arena.at) return len <= memory.len;
        if (len > arena.end - @intFromPtr(memory.ptr)) return false;
        arena.at = @intFromPtr(memory.ptr) + len;
        return true;
    }

    fn remap(context: *anyopaque, memory: []u8, alignment: Alignment, len: usize, _: usize) ?[*]u8 {
        return if (resize(context, memory, alignment, len, 0)) memory.ptr else null;
    }

    fn free(context: *anyopaque, memory: []u8, _: Alignment, _: usize) void {
        const arena = of(context);
        if (@intFromPtr(memory.ptr) + memory.len == arena.at) arena.at = @intFromPtr(memory.ptr);
    }
};
