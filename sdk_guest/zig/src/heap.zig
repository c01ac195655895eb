//! The memory that a guest and its host share: what is behind the exports `alloc` and `free`, and the allocator of the
//! arenas in which messages are handled.
//!
//! Every block knows its own size, so `free` needs no length and takes none for granted. Neighbours that are free
//! become one block, and the memory grows by the pages that are missing, no more: a gear of a fluxrig rack has 16 of
//! them. (Zig's own allocator for WebAssembly takes a page for each size it meets, and powers of two beyond that.)
const std = @import("std");
const builtin = @import("builtin");
const Allocator = std.mem.Allocator;
const Alignment = std.mem.Alignment;

/// Memory from `start` up to `end`, addresses that are multiples of `unit`.
pub const Region = struct { start: usize, end: usize };

const word = @sizeOf(usize);
/// Sizes and addresses of what is handed out are multiples of this: 8 bytes in WebAssembly.
pub const unit = 2 * word;
const smallest = 4 * word;
const largest = 1 << 30;

const in_use: usize = 1;
const previous_in_use: usize = 2;
const flags = in_use | previous_in_use;

/// A heap whose memory comes from `grow`, which answers at least that many bytes more, or null. A region that starts
/// where the one before it ended prolongs it.
///
/// A block is a word with its size and flags, and what it holds. One that is free has its neighbours in its list
/// behind the first word, and its size once more in the last. Lists hold blocks of like size, four to a power of two.
/// A region ends with a word that looks like a block in use of size 0.
pub fn Heap(comptime grow: fn (least: usize) ?Region) type {
    return struct {
        lists: [list_count]usize = @splat(0),
        filled: [(list_count + 31) / 32]u32 = @splat(0),
        end: usize = 0,

        const Self = @This();
        const list_count = 4 * (32 - @as(usize, smallest_log2));
        const smallest_log2 = std.math.log2_int(usize, smallest);

        /// The first of at least `len` bytes, or null when there is no memory.
        pub fn alloc(heap: *Self, len: usize) ?[*]u8 {
            if (len > largest) return null;
            const size = @max(smallest, std.mem.alignForward(usize, len + word, unit));
            const block = heap.find(size) orelse more: {
                if (!heap.extend(size)) return null;
                break :more heap.find(size) orelse return null;
            };
            heap.unlink(block);
            heap.keep(block, sizeOf(block), size);
            return @ptrFromInt(block + word);
        }

        /// Take back what `alloc` answered.
        pub fn free(heap: *Self, memory: [*]u8) void {
            var block = @intFromPtr(memory) - word;
            var size = sizeOf(block);
            const next = block + size;
            if (header(next).* & in_use == 0) {
                heap.unlink(next);
                size += sizeOf(next);
            }
            if (header(block).* & previous_in_use == 0) {
                block -= header(block - word).*;
                heap.unlink(block);
                size += sizeOf(block);
            }
            heap.release(block, size);
        }

        /// Whether the block could be made to hold `len` bytes where it is.
        pub fn resize(heap: *Self, memory: [*]u8, len: usize) bool {
            if (len > largest) return false;
            const block = @intFromPtr(memory) - word;
            const size = @max(smallest, std.mem.alignForward(usize, len + word, unit));
            var there = sizeOf(block);
            if (there < size) {
                const next = block + there;
                if (header(next).* & in_use != 0 or there + sizeOf(next) < size) return false;
                heap.unlink(next);
                there += sizeOf(next);
            }
            heap.keep(block, there, size);
            return true;
        }

        /// Make `size` of the `there` bytes at the block one in use, and the rest a free one if it is large enough.
        fn keep(heap: *Self, block: usize, there: usize, size: usize) void {
            const before = header(block).* & previous_in_use;
            if (there - size < smallest) {
                header(block).* = there | in_use | before;
                header(block + there).* |= previous_in_use;
                return;
            }
            header(block).* = size | in_use | before;
            var rest = there - size;
            const behind = block + there;
            if (header(behind).* & in_use == 0) {
                heap.unlink(behind);
                rest += sizeOf(behind);
            }
            header(block + size).* = previous_in_use;
            heap.release(block + size, rest);
        }

        /// Put a free block into its list. Neither neighbour is free.
        fn release(heap: *Self, block: usize, size: usize) void {
            header(block).* = size | previous_in_use;
            header(block + size - word).* = size;
            header(block + size).* &= ~previous_in_use;
            const list = listOf(size);
            const first = heap.lists[list];
            nextIn(block).* = first;
            previousIn(block).* = 0;
            if (first != 0) previousIn(first).* = block;
            heap.lists[list] = block;
            heap.filled[list / 32] |= @as(u32, 1) << @intCast(list % 32);
        }

        fn unlink(heap: *Self, block: usize) void {
            const next = nextIn(block).*;
            const previous = previousIn(block).*;
            if (next != 0) previousIn(next).* = previous;
            if (previous != 0) {
                nextIn(previous).* = next;
                return;
            }
            const list = listOf(sizeOf(block));
            heap.lists[list] = next;
            if (next == 0) heap.filled[list / 32] &= ~(@as(u32, 1) << @intCast(list % 32));
        }

        /// A free block of that size or more: from its own list if one of the first fits, else the first of a list of
        /// larger ones.
        fn find(heap: *Self, size: usize) ?usize {
            const own = listOf(size);
            var block = heap.lists[own];
            for (0..8) |_| {
                if (block == 0) break;
                if (sizeOf(block) >= size) return block;
                block = nextIn(block).*;
            }
            var part = (own + 1) / 32;
            var candidates = if (part < heap.filled.len) heap.filled[part] & ~@as(u32, 0) << @intCast((own + 1) % 32) else 0;
            while (candidates == 0) {
                part += 1;
                if (part >= heap.filled.len) return null;
                candidates = heap.filled[part];
            }
            return heap.lists[32 * part + @ctz(candidates)];
        }

        fn extend(heap: *Self, size: usize) bool {
            // What is free at the end counts; a new region needs a word before its first block and one at its end.
            const at_end = if (heap.end != 0 and header(heap.end - word).* & previous_in_use == 0)
                header(heap.end - 2 * word).*
            else
                0;
            const region = grow(size + 2 * word - @min(at_end, size)) orelse return false;
            const joined = region.start == heap.end;
            var block = if (joined) region.start - word else region.start + word;
            if (!joined) header(block).* = previous_in_use;
            heap.end = region.end;
            header(region.end - word).* = in_use;
            var free_size = region.end - word - block;
            if (header(block).* & previous_in_use == 0) {
                block -= header(block - word).*;
                heap.unlink(block);
                free_size += sizeOf(block);
            }
            heap.release(block, free_size);
            return true;
        }

        fn header(address: usize) *usize {
            return @ptrFromInt(address);
        }

        fn nextIn(block: usize) *usize {
            return header(block + word);
        }

        fn previousIn(block: usize) *usize {
            return header(block + 2 * word);
        }

        fn sizeOf(block: usize) usize {
            return header(block).* & ~flags;
        }

        fn listOf(size: usize) usize {
            const top = std.math.log2_int(usize, size);
            return 4 * (@as(usize, top) - smallest_log2) + ((size >> (top - 2)) & 3);
        }

        /// The heap as an allocator. There must be one heap of this type at most that is used so, `shared`.
        pub fn allocator(heap: *Self) Allocator {
            return .{ .ptr = heap, .vtable = &.{ .alloc = vAlloc, .resize = vResize, .remap = vRemap, .free = vFree } };
        }

        fn of(context: *anyopaque) *Self {
            return @ptrCast(@alignCast(context));
        }

        fn vAlloc(context: *anyopaque, len: usize, alignment: Alignment, _: usize) ?[*]u8 {
            const bytes = alignment.toByteUnits();
            if (bytes <= unit) return of(context).alloc(len);
            const memory = of(context).alloc(std.math.add(usize, len, bytes) catch return null) orelse return null;
            const aligned = std.mem.alignForward(usize, @intFromPtr(memory) + word, bytes);
            header(aligned - word).* = @intFromPtr(memory);
            return @ptrFromInt(aligned);
        }

        fn vResize(context: *anyopaque, memory: []u8, alignment: Alignment, len: usize, _: usize) bool {
            return alignment.toByteUnits() <= unit and of(context).resize(memory.ptr, len);
        }

        fn vRemap(context: *anyopaque, memory: []u8, alignment: Alignment, len: usize, _: usize) ?[*]u8 {
            return if (vResize(context, memory, alignment, len, 0)) memory.ptr else null;
        }

        fn vFree(context: *anyopaque, memory: []u8, alignment: Alignment, _: usize) void {
            if (alignment.toByteUnits() <= unit) return of(context).free(memory.ptr);
            of(context).free(@ptrFromInt(header(@intFromPtr(memory.ptr) - word).*));
        }
    };
}

const page = 64 * 1024;
extern var __heap_base: u8;
var memory_end: usize = 0;

/// The first region is what the linker left of the pages that the module starts with.
fn growMemory(least: usize) ?Region {
    const first = memory_end == 0;
    const start = if (first) std.mem.alignForward(usize, @intFromPtr(&__heap_base), unit) else memory_end;
    const present = @wasmMemorySize(0);
    const pages = (start + least + page - 1) / page;
    if (pages > present and @wasmMemoryGrow(0, pages - present) < 0) return null;
    memory_end = @max(pages, present) * page;
    return .{ .start = start, .end = memory_end };
}

var shared: Heap(growMemory) = .{};

/// The guest's memory as an allocator; where there is no WebAssembly, as in tests, the machine's.
pub const allocator: Allocator = if (builtin.cpu.arch.isWasm()) shared.allocator() else std.heap.smp_allocator;

/// The bytes that a pointer and a length stand for, packed into a number as the ABIs of this package have it.
pub fn handedOver(handed: u64) []u8 {
    const start: [*]u8 = @ptrFromInt(@as(usize, @intCast(handed >> 32)));
    return start[0..@as(u32, @truncate(handed))];
}

/// Bytes as a pointer and a length, packed; 0 for none.
pub fn packed_(bytes: []const u8) u64 {
    return if (bytes.len == 0) 0 else @as(u64, @intFromPtr(bytes.ptr)) << 32 | bytes.len;
}

/// Free bytes that the host had allocated by `alloc`.
pub fn giveBack(bytes: []u8) void {
    exportedFree(bytes.ptr, bytes.len);
}

/// The export `alloc`: null, which is 0 to the host, when there is no memory. 0 bytes have an address of their own.
pub fn exportedAlloc(len: usize) callconv(.c) ?[*]u8 {
    return shared.alloc(len);
}

/// The export `free`.
pub fn exportedFree(memory: ?[*]u8, _: usize) callconv(.c) void {
    if (memory) |there| shared.free(there);
}
