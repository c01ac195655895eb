//! Remembers the last payments: at least `window` of them, at most twice as many, in memory of fixed size.
const std = @import("std");

pub const window = 4096;
const slots = 2 * window;

/// Two generations of a hash set. When the younger one is full, the older one is forgotten and starts anew.
pub const Seen = struct {
    generations: [2][slots]u64 = @splat(@splat(free)),
    young: u1 = 0,
    count: usize = 0,

    const free = 0;

    pub fn contains(seen: *const Seen, key: u64) bool {
        for (&seen.generations) |*generation| if (generation[slotOf(generation, key)] == key) return true;
        return false;
    }

    /// `key` is a fingerprint that is never 0.
    pub fn add(seen: *Seen, key: u64) void {
        if (seen.count == window) {
            seen.young +%= 1;
            seen.generations[seen.young] = @splat(free);
            seen.count = 0;
        }
        const generation = &seen.generations[seen.young];
        generation[slotOf(generation, key)] = key;
        seen.count += 1;
    }

    /// The slot of the key, or the free one where it belongs; there is one, a generation is at most half full.
    fn slotOf(generation: *const [slots]u64, key: u64) usize {
        var slot: usize = @intCast(key % slots);
        while (generation[slot] != free and generation[slot] != key) slot = (slot + 1) % slots;
        return slot;
    }
};

test "what was added is seen for a whole window and forgotten after two" {
    var seen = Seen{};
    for (1..10 * window) |key| {
        try std.testing.expect(!seen.contains(key));
        seen.add(key);
        try std.testing.expect(seen.contains(key));
        if (key > window) try std.testing.expect(seen.contains(key - window + 1));
        if (key > 2 * window) try std.testing.expect(!seen.contains(key - 2 * window));
    }
}

test "fingerprints that collide in their slot are told apart" {
    var seen = Seen{};
    for (1..window) |n| seen.add(n * slots);
    for (1..window) |n| try std.testing.expect(seen.contains(n * slots));
    try std.testing.expect(!seen.contains(window * slots));
}
