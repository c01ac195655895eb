//! A table of fixed size that keeps what was used last: sets of a few ways each, the oldest entry of a set gives way.
const std = @import("std");

/// `Entry` has the fields `key: u64` (never 0; 0 marks a free place) and `used: u32`, and a default for every field.
pub fn Table(comptime Entry: type, comptime sets: usize, comptime ways: usize) type {
    return struct {
        const Self = @This();

        entries: [sets][ways]Entry = @splat(@splat(.{})),
        clock: u32 = 0,

        pub fn find(table: *const Self, key: u64) ?*const Entry {
            for (&table.entries[@intCast(key % sets)]) |*entry| if (entry.key == key) return entry;
            return null;
        }

        /// The entry of the key, a fresh one when it is not known.
        pub fn use(table: *Self, key: u64) *Entry {
            table.clock +%= 1;
            const found = table.place(key);
            if (found.key != key) found.* = .{ .key = key };
            found.used = table.clock;
            return found;
        }

        fn place(table: *Self, key: u64) *Entry {
            const set = &table.entries[@intCast(key % sets)];
            var oldest = &set[0];
            for (set) |*entry| {
                if (entry.key == key) return entry;
                // A free place was never used, so it is older than all others.
                if (table.age(entry) > table.age(oldest)) oldest = entry;
            }
            return oldest;
        }

        fn age(table: *const Self, entry: *const Entry) u32 {
            return if (entry.key == 0) std.math.maxInt(u32) else table.clock -% entry.used;
        }
    };
}

const Note = struct { key: u64 = 0, used: u32 = 0, text: u8 = 0 };

test "entries are found again and stay apart" {
    var table = Table(Note, 2, 2){};
    table.use(4).text = 'a';
    table.use(6).text = 'b';
    try std.testing.expectEqual('a', table.find(4).?.text);
    try std.testing.expectEqual('b', table.use(6).text);
    try std.testing.expectEqual(null, table.find(8));
}

test "the entry that was used longest ago gives way" {
    var table = Table(Note, 1, 2){};
    for ([_]u64{ 1, 2, 1, 3 }) |key| _ = table.use(key);
    try std.testing.expect(table.find(1) != null and table.find(3) != null);
    try std.testing.expectEqual(null, table.find(2));
}

test "a clock that wraps around keeps the order" {
    var table = Table(Note, 1, 2){ .clock = 0xffff_fffe };
    for ([_]u64{ 1, 2, 1, 3 }) |key| _ = table.use(key);
    try std.testing.expectEqual(null, table.find(2));
}
