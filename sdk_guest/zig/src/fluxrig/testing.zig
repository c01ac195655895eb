//! A rack for tests: they run a gear's function as the host would, without WebAssembly.
const std = @import("std");
const Allocator = std.mem.Allocator;
const cbor = @import("../cbor/cbor.zig");
const export_ = @import("export.zig");
const heap = @import("../heap.zig");
const wire = @import("wire.zig");
const Level = @import("../log.zig").Level;
const Line = @import("../testing.zig").Line;
const Message = @import("message.zig").Message;

/// What became of a message.
pub const Outcome = struct {
    /// What goes on: what was emitted, then the result.
    messages: []const Message,
    /// What was logged.
    logs: []const Line,
    /// Why the message was rejected, null when it was not. (A core gear only logs why.)
    reason: ?[]const u8,
};

/// A host for a gear under test.
///
///     var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
///     defer rig.deinit();
///     const outcome = try rig.send(handle, try rig.message(.{ .amount = 12 }));
pub const Rig = struct {
    memory: std.heap.ArenaAllocator,
    /// The gear's state.
    state: std.StringHashMapUnmanaged([]const u8) = .empty,
    /// Whether the gear may store state, and do HTTP.
    grants: bool = true,
    /// Responses to HTTP requests by URL; every other URL is refused.
    responses: std.StringHashMapUnmanaged(Response) = .empty,
    /// The host's time in Unix nanoseconds; null when it does not tell it.
    time: ?i64 = 1_700_000_000_123_456_789,
    random: std.Random.DefaultPrng = .init(1),
    logs: std.ArrayList(Line) = .empty,
    sent: std.ArrayList(Message) = .empty,
    reason: ?[]const u8 = null,

    /// A server's answer.
    pub const Response = struct { status: u16 = 200, body: []const u8 = "" };

    /// A rack without state.
    pub fn init(gpa: Allocator) Rig {
        return .{ .memory = .init(gpa) };
    }

    /// Give all memory back, outcomes included.
    pub fn deinit(rig: *Rig) void {
        rig.memory.deinit();
    }

    /// Memory that lasts as long as the rig.
    pub fn arena(rig: *Rig) Allocator {
        return rig.memory.allocator();
    }

    /// A message with these data.
    pub fn message(rig: *Rig, data: anytype) cbor.Map.SetError!Message {
        var new = Message.init(rig.arena());
        new.data = try .of(rig.arena(), data);
        return new;
    }

    /// Send a message through a gear's function.
    pub fn send(rig: *Rig, comptime handle: anytype, sent: Message) !Outcome {
        return rig.sendBytes(handle, try wire.encode(rig.arena(), &sent));
    }

    /// Send bytes through a gear's function.
    pub fn sendBytes(rig: *Rig, comptime handle: anytype, bytes: []const u8) !Outcome {
        rig.logs = .empty;
        rig.sent = .empty;
        rig.reason = null;
        current = rig;
        defer current = null;
        const result = export_.run(handle, bytes);
        defer heap.allocator.free(result);
        if (rig.reason) |reason| return .{ .messages = &.{}, .logs = rig.logs.items, .reason = reason };
        if (result.len > 0) try rig.take(result);
        return .{ .messages = rig.sent.items, .logs = rig.logs.items, .reason = null };
    }

    fn take(rig: *Rig, bytes: []const u8) !void {
        const copy = try rig.arena().dupe(u8, bytes);
        const whole = try cbor.read(rig.arena(), copy, cbor.max_depth + 1);
        if (whole.kind() != .array) return rig.sent.append(rig.arena(), try wire.decode(rig.arena(), copy));
        var each = whole.elements();
        while (each.next()) |item| try rig.sent.append(rig.arena(), try wire.decode(rig.arena(), item.encoded));
    }
};

threadlocal var current: ?*Rig = null;

/// The functions that gears import, as the rig answers them.
pub const fake = struct {
    pub fn log(level: u32, ptr: [*]const u8, len: usize) void {
        const rig = current.?;
        const text = rig.arena().dupe(u8, ptr[0..len]) catch @panic("out of memory");
        rig.logs.append(rig.arena(), .{ .level = @fromBackingInt(level), .text = text }) catch @panic("out of memory");
    }

    pub fn emit(ptr: [*]const u8, len: usize) void {
        current.?.take(ptr[0..len]) catch |cause| std.debug.panic("emitted what is no message: {t}", .{cause});
    }

    pub fn reject(ptr: [*]const u8, len: usize) void {
        current.?.reason = current.?.arena().dupe(u8, ptr[0..len]) catch @panic("out of memory");
    }

    pub fn getState(_: Allocator, key: []const u8) Allocator.Error!?[]const u8 {
        return if (current.?.grants) current.?.state.get(key) else null;
    }

    pub fn flux_kv_put(key: [*]const u8, key_len: usize, value: [*]const u8, value_len: usize) u32 {
        const rig = current.?;
        if (!rig.grants) return 1;
        const own_key = rig.arena().dupe(u8, key[0..key_len]) catch @panic("out of memory");
        const own_value = rig.arena().dupe(u8, value[0..value_len]) catch @panic("out of memory");
        rig.state.put(rig.arena(), own_key, own_value) catch @panic("out of memory");
        return 0;
    }

    pub fn requestHttp(arena: Allocator, url: []const u8, _: []const u8) Allocator.Error!?[]const u8 {
        if (!current.?.grants) return null;
        const response = current.?.responses.get(url) orelse return null;
        const headers = cbor.Map{ .arena = arena };
        return try cbor.encode(arena, .{
            .status = response.status,
            .headers = headers,
            .body = cbor.bytes(response.body),
        });
    }

    pub fn clock_time_get(_: u32, _: u64, time: *u64) u32 {
        time.* = @bitCast(current.?.time orelse return 1);
        return 0;
    }

    pub fn random_get(ptr: [*]u8, len: usize) u32 {
        current.?.random.fill(ptr[0..len]);
        return 0;
    }
};
