//! A host of byte functions for tests: they run functions as a host would, without WebAssembly.
const std = @import("std");
const Allocator = std.mem.Allocator;
const export_ = @import("export.zig");
const heap = @import("../heap.zig");
const json = @import("../json/json.zig");
const Line = @import("../testing.zig").Line;

/// How a call ended.
pub const Result = struct {
    /// The output, null when the call failed.
    output: ?[]const u8,
    /// Why it failed, empty when it did not.
    reason: []const u8,
    /// What was logged.
    logs: []const Line,

    /// The output read from JSON as a `T`.
    pub fn as(result: Result, comptime T: type, arena: Allocator) !T {
        const output = result.output orelse return error.Failed;
        return (try json.parse(output)).as(T, arena, "output");
    }
};

/// A host for functions under test.
pub const Rig = struct {
    memory: std.heap.ArenaAllocator,
    /// The host's time in Unix nanoseconds.
    time: i64 = 1_700_000_000_123_456_789,
    random: std.Random.DefaultPrng = .init(1),
    logs: std.ArrayList(Line) = .empty,

    /// A host.
    pub fn init(gpa: Allocator) Rig {
        return .{ .memory = .init(gpa) };
    }

    /// Give all memory back, results included.
    pub fn deinit(rig: *Rig) void {
        rig.memory.deinit();
    }

    /// Memory that lasts as long as the rig.
    pub fn arena(rig: *Rig) Allocator {
        return rig.memory.allocator();
    }

    /// Call a function with bytes.
    pub fn call(rig: *Rig, comptime function: anytype, input: []const u8) !Result {
        rig.logs = .empty;
        current = rig;
        defer current = null;
        const result = export_.run(function, input);
        defer heap.allocator.free(result.bytes);
        const bytes = try rig.arena().dupe(u8, result.bytes);
        return .{
            .output = if (result.is_failure) null else bytes,
            .reason = if (result.is_failure) bytes else "",
            .logs = rig.logs.items,
        };
    }
};

threadlocal var current: ?*Rig = null;

/// The functions that byte functions import, as the rig answers them.
pub const fake = struct {
    pub fn log(level: u32, ptr: [*]const u8, len: usize) void {
        const rig = current.?;
        const text = rig.arena().dupe(u8, ptr[0..len]) catch @panic("out of memory");
        rig.logs.append(rig.arena(), .{ .level = @fromBackingInt(level), .text = text }) catch @panic("out of memory");
    }

    pub fn now() i64 {
        return current.?.time;
    }

    pub fn random(ptr: [*]u8, len: usize) void {
        current.?.random.fill(ptr[0..len]);
    }
};
