const std = @import("std");
const Arena = @import("arena.zig").Arena;
const testing = std.testing;

test "everything is given back at once" {
    var arena = Arena{ .backing = testing.allocator };
    defer arena.deinit();
    const gpa = arena.allocator();
    var random = std.Random.DefaultPrng.init(1);
    for (0..500) |_| {
        const size = random.random().uintLessThan(usize, 3000);
        const memory = try gpa.alloc(u64, size);
        @memset(memory, size);
    }
}

test "the last block grows and shrinks where it is" {
    var arena = Arena{ .backing = testing.allocator };
    defer arena.deinit();
    const gpa = arena.allocator();
    const first = try gpa.alloc(u8, 10);
    try testing.expect(gpa.resize(first, 100));
    const second = try gpa.alloc(u8, 10);
    try testing.expect(!gpa.resize(first.ptr[0..100], 200));
    gpa.free(second);
    const third = try gpa.alloc(u8, 20);
    try testing.expectEqual(second.ptr, third.ptr);
}

test "no memory is an error, and sizes that overflow are too" {
    var none = Arena{ .backing = testing.failing_allocator };
    try testing.expectError(error.OutOfMemory, none.allocator().alloc(u8, 1));
    var arena = Arena{ .backing = testing.allocator };
    defer arena.deinit();
    try testing.expectError(error.OutOfMemory, arena.allocator().alloc(u8, std.math.maxInt(usize) - 8));
}

test "alignments hold" {
    var arena = Arena{ .backing = testing.allocator };
    defer arena.deinit();
    inline for (.{ 1, 2, 8, 16, 64, 4096 }) |alignment| {
        const memory = try arena.allocator().alignedAlloc(u8, .fromByteUnits(alignment), 3);
        try testing.expectEqual(0, @intFromPtr(memory.ptr) % alignment);
    }
}
