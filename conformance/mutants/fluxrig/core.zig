//! The mutants' gear of the core profile: a failure is a line at level error.
const gear = @import("gear.zig");
const host = @import("host.zig");
const mutation = @import("mutation.zig");
const operations = @import("operations.zig");
const outcomes = @import("outcome.zig");

const profile = gear.Profile{ .name = "core", .run = none, .refuse = refuse };

fn none(_: operations.Call) outcomes.Error!?outcomes.Outcome {
    return null;
}

fn refuse(reason: []const u8) void {
    host.log(.@"error", if (mutation.is("reason_cut")) reason[0..@min(reason.len, 512)] else reason);
}

export fn process(ptr: ?[*]u8, len: usize) u64 {
    return gear.process(profile, ptr, len);
}

export fn _initialize() void {
    gear.initialize();
}
