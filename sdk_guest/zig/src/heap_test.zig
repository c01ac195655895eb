const std = @import("std");
const heaps = @import("heap.zig");
const testing = std.testing;

/// Memory that grows like WebAssembly's, in pages of 1 KiB, up to `most`.
const Pages = struct {
    var memory: [1 << 20]u8 align(64) = undefined;
    var used: usize = 0;
    var most: usize = memory.len;
    /// Bytes that somebody else takes between two times of growing.
    var gap: usize = 0;

    fn reset() void {
        used = 0;
        most = memory.len;
        gap = 0;
    }

    fn grow(least: usize) ?heaps.Region {
        if (used > 0) used += gap;
        const size = std.mem.alignForward(usize, least, 1024);
        if (used + size > most) return null;
        defer used += size;
        return .{ .start = @intFromPtr(&memory) + used, .end = @intFromPtr(&memory) + used + size };
    }
};
const Heap = heaps.Heap(Pages.grow);

fn expectAligned(memory: [*]u8) !void {
    try testing.expectEqual(0, @intFromPtr(memory) % heaps.unit);
}

test "nothing is a block of its own, and every block keeps its bytes" {
    Pages.reset();
    var heap = Heap{};
    var blocks: [64][]u8 = undefined;
    for (&blocks, 0..) |*block, index| {
        block.* = heap.alloc(index * 7).?[0 .. index * 7];
        try expectAligned(block.ptr);
        @memset(block.*, @intCast(index));
    }
    for (blocks, 0..) |block, index| {
        for (blocks[0..index]) |other| try testing.expect(other.ptr != block.ptr);
        try testing.expect(std.mem.allEqual(u8, block, @intCast(index)));
    }
}

test "memory that is given back in any order is whole again" {
    var random = std.Random.DefaultPrng.init(3);
    for (0..50) |_| {
        Pages.reset();
        var heap = Heap{};
        var blocks: [40][*]u8 = undefined;
        for (&blocks) |*block| block.* = heap.alloc(random.random().uintLessThan(usize, 900)).?;
        random.random().shuffle([*]u8, &blocks);
        for (blocks) |block| heap.free(block);
        const before = Pages.used;
        const all = heap.alloc(before - 4 * @sizeOf(usize)).?;
        try testing.expectEqual(before, Pages.used);
        heap.free(all);
    }
}

test "a hundred thousand rounds of any sizes do not grow the memory" {
    Pages.reset();
    var heap = Heap{};
    var random = std.Random.DefaultPrng.init(5);
    var blocks: [32]?[]u8 = @splat(null);
    var after_warm_up: usize = 0;
    for (0..100_000) |round| {
        const slot = &blocks[random.random().uintLessThan(usize, blocks.len)];
        if (slot.*) |block| {
            for (block) |byte| try testing.expectEqual(block[0], byte);
            heap.free(block.ptr);
            slot.* = null;
        } else {
            const size = 1 + random.random().uintLessThan(usize, 4000);
            slot.* = heap.alloc(size).?[0..size];
            @memset(slot.*.?, random.random().int(u8));
        }
        if (round == 20_000) after_warm_up = Pages.used;
    }
    try testing.expect(Pages.used <= after_warm_up + after_warm_up / 4);
}

test "no memory is null, and what is there goes on being used" {
    Pages.reset();
    Pages.most = 16 * 1024;
    var heap = Heap{};
    const kept = heap.alloc(8000).?;
    try testing.expectEqual(null, heap.alloc(9000));
    try testing.expectEqual(null, heap.alloc(std.math.maxInt(usize)));
    try testing.expectEqual(null, heap.alloc(std.math.maxInt(u32)));
    const second = heap.alloc(7000).?;
    heap.free(kept);
    heap.free(second);
    try testing.expect(heap.alloc(15000) != null);
}

test "the memory grows by what is missing at its end, no more" {
    Pages.reset();
    var heap = Heap{};
    _ = heap.alloc(100).?;
    try testing.expectEqual(1024, Pages.used);
    _ = heap.alloc(1500).?;
    try testing.expectEqual(2048, Pages.used);
}

test "regions with something between them are kept apart" {
    Pages.reset();
    Pages.gap = 1024;
    var heap = Heap{};
    var blocks: [20][*]u8 = undefined;
    for (&blocks) |*block| block.* = heap.alloc(800).?;
    for (blocks) |block| heap.free(block);
    const before = Pages.used;
    for (&blocks) |*block| block.* = heap.alloc(800).?;
    try testing.expectEqual(before, Pages.used);
}

test "a block is made smaller and larger where it is, and keeps what it holds" {
    Pages.reset();
    var heap = Heap{};
    const block = heap.alloc(500).?;
    const behind = heap.alloc(200).?;
    @memset(block[0..500], 7);
    try testing.expect(!heap.resize(block, 600));
    try testing.expect(heap.resize(block, 100));
    const between = heap.alloc(350).?;
    try testing.expect(@intFromPtr(between) < @intFromPtr(behind));
    heap.free(between);
    heap.free(behind);
    try testing.expect(heap.resize(block, 650));
    for (block[0..100]) |byte| try testing.expectEqual(7, byte);
}

test "it is an allocator of Zig's, for any alignment" {
    Pages.reset();
    var heap = Heap{};
    const gpa = heap.allocator();
    try std.heap.testAllocator(gpa);
    try std.heap.testAllocatorAligned(gpa);
    try std.heap.testAllocatorAlignedShrink(gpa);
}
