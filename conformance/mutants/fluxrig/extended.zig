//! The mutants' gear of the extended profile: a failure is a rejection.
const gear = @import("gear.zig");
const host = @import("extended_host.zig");
const mutation = @import("mutation.zig");
const operations = @import("extended_operations.zig");

const profile = gear.Profile{ .name = "extended", .run = operations.run, .refuse = refuse };

fn refuse(reason: []const u8) void {
    host.reject(if (mutation.is("rejection_cut")) reason[0..@min(reason.len, 512)] else reason);
}

export fn process(ptr: ?[*]u8, len: usize) u64 {
    return gear.process(profile, ptr, len);
}

export fn _initialize() void {
    gear.initialize();
}
