//! The mutants' gear of the extended profile: a failure is a rejection.
const std = @import("std");
const gear = @import("gear.zig");
const host = @import("extended_host.zig");
const mutation = @import("mutation.zig");
const operations = @import("extended_operations.zig");

const profile = gear.Profile{ .name = "extended", .run = operations.run, .refuse = refuse };

fn refuse(reason: []const u8) void {
    var line: [512]u8 = undefined;
    const text = if (mutation.is("reason_dressed_up")) std.fmt.bufPrint(&line, "error: {s}", .{reason}) catch reason else reason;
    host.reject(text);
}

export fn process(ptr: ?[*]u8, len: usize) u64 {
    return gear.process(profile, ptr, len);
}

export fn _initialize() void {
    gear.initialize();
}
