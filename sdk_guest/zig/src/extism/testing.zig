//! A host of Extism plugins and Reflow actors for tests: they run functions as a host would, without WebAssembly.
const std = @import("std");
const Allocator = std.mem.Allocator;
const export_ = @import("export.zig");
const json = @import("../json/json.zig");
const actors = @import("../reflow/actor.zig");
const Level = @import("../log.zig").Level;
const Line = @import("../testing.zig").Line;
const Message = @import("../reflow/message.zig").Message;

/// How a call ended.
pub const Result = struct {
    /// The output, null when the call failed.
    output: ?[]const u8,
    /// Why it failed, empty when it did not.
    reason: []const u8,
    /// What was logged.
    logs: []const Line,
    /// What an actor sent before its result, as objects of port and value.
    sent: []const json.Value,

    /// The output read from JSON as a `T`.
    pub fn as(result: Result, comptime T: type, arena: Allocator) !T {
        const output = result.output orelse return error.Failed;
        return (try json.parse(output)).as(T, arena, "output");
    }

    /// What an actor's result has for an outport; null when it has nothing.
    pub fn outport(result: Result, arena: Allocator, port: []const u8) !?Message {
        const outputs = (try json.parse(result.output orelse return error.Failed)).get("outputs") orelse return null;
        return try Message.read(outputs.get(port) orelse return null, arena, port);
    }
};

/// A host for functions under test. Its variables, and an actor's state, last from call to call.
pub const Rig = struct {
    memory: std.heap.ArenaAllocator,
    /// The plugin's config.
    config: std.StringHashMapUnmanaged([]const u8) = .empty,
    /// The plugin's variables.
    variables: std.StringHashMapUnmanaged([]const u8) = .empty,
    /// An actor's state, key by key.
    state: json.Object,
    /// An actor's own config, in JSON.
    actor_config: json.Value = .literal("{}"),
    /// What HTTP requests are answered.
    response: Response = .{},
    input: []const u8 = "",
    output: []const u8 = "",
    reason: []const u8 = "",
    logs: std.ArrayList(Line) = .empty,
    sent: std.ArrayList(json.Value) = .empty,
    blocks: std.ArrayList(u8) = .empty,
    lengths: std.AutoHashMapUnmanaged(u64, u64) = .empty,

    /// A server's answer.
    pub const Response = struct { status: u16 = 200, headers: []const u8 = "{}", body: []const u8 = "" };

    /// A host without config, variables and state.
    pub fn init(gpa: Allocator) Rig {
        return .{ .memory = .init(gpa), .state = .{ .name = "state", .arena = undefined } };
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
    pub fn call(rig: *Rig, comptime function: anytype, input: []const u8) Result {
        rig.state.arena = rig.arena();
        rig.input = input;
        rig.output = "";
        rig.reason = "";
        rig.logs = .empty;
        rig.sent = .empty;
        current = rig;
        defer current = null;
        const code = export_.run(function);
        const failed = code != 0 or rig.reason.len > 0;
        return .{
            .output = if (failed) null else rig.output,
            .reason = rig.reason,
            .logs = rig.logs.items,
            .sent = rig.sent.items,
        };
    }

    /// Send a message to an inport of an actor. A state that the actor returns becomes `state`.
    pub fn send(rig: *Rig, comptime Actor: type, port: []const u8, message: Message) !Result {
        rig.state.arena = rig.arena();
        var payload = json.Writer{};
        message.writeJson(&payload);
        payload = .{ .out = (try rig.arena().alloc(u8, payload.size)).ptr };
        message.writeJson(&payload);
        var inputs = json.Object{ .name = "payload", .arena = rig.arena() };
        try inputs.set(port, try json.parse(payload.out.?[0..payload.size]));
        const about = .{ .node_id = "node", .component = Actor.metadata.component, .config = rig.actor_config };
        const context = try json.write(rig.arena(), .{ .payload = inputs, .config = about, .state = rig.state });
        const result = rig.call(actors.Functions(Actor).process, context);
        if (result.output) |output| if ((try json.parse(output)).get("state")) |state| {
            rig.state = try .of(rig.arena(), "state", state);
        };
        return result;
    }

    fn keep(rig: *Rig, bytes: []const u8) []u8 {
        return rig.arena().dupe(u8, bytes) catch @panic("out of memory");
    }

    fn block(rig: *Rig, bytes: []const u8) u64 {
        if (bytes.len == 0) return 0;
        const handle = fake.alloc(bytes.len);
        @memcpy(rig.blocks.items[@intCast(handle)..][0..bytes.len], bytes);
        return handle;
    }

    fn text(rig: *Rig, handle: u64) []u8 {
        const size = rig.lengths.get(handle) orelse return &.{};
        return rig.keep(rig.blocks.items[@intCast(handle)..][0..@intCast(size)]);
    }
};

threadlocal var current: ?*Rig = null;

/// The functions that plugins import, as the rig answers them.
pub const fake = struct {
    pub fn input_length() u64 {
        return current.?.input.len;
    }

    pub fn input_load_u8(offset: u64) u32 {
        return current.?.input[@intCast(offset)];
    }

    pub fn input_load_u64(offset: u64) u64 {
        return std.mem.readInt(u64, current.?.input[@intCast(offset)..][0..8], .little);
    }

    pub fn alloc(size: u64) u64 {
        const rig = current.?;
        if (size == 0) return 0;
        const handle = rig.blocks.items.len + 16;
        rig.blocks.resize(rig.arena(), handle + @as(usize, @intCast(size))) catch return 0;
        rig.lengths.put(rig.arena(), handle, size) catch return 0;
        return handle;
    }

    pub fn free(handle: u64) void {
        _ = current.?.lengths.remove(handle);
    }

    pub fn length(handle: u64) u64 {
        return current.?.lengths.get(handle) orelse 0;
    }

    pub fn load_u8(at: u64) u32 {
        return current.?.blocks.items[@intCast(at)];
    }

    pub fn load_u64(at: u64) u64 {
        return std.mem.readInt(u64, current.?.blocks.items[@intCast(at)..][0..8], .little);
    }

    pub fn store_u8(at: u64, byte: u32) void {
        current.?.blocks.items[@intCast(at)] = @truncate(byte);
    }

    pub fn store_u64(at: u64, bytes: u64) void {
        std.mem.writeInt(u64, current.?.blocks.items[@intCast(at)..][0..8], bytes, .little);
    }

    pub fn output_set(at: u64, size: u64) void {
        current.?.output = current.?.keep(current.?.blocks.items[@intCast(at)..][0..@intCast(size)]);
    }

    pub fn error_set(handle: u64) void {
        current.?.reason = current.?.text(handle);
    }

    pub fn config_get(key: u64) u64 {
        return current.?.block(current.?.config.get(current.?.text(key)) orelse return 0);
    }

    pub fn var_get(key: u64) u64 {
        return current.?.block(current.?.variables.get(current.?.text(key)) orelse return 0);
    }

    pub fn var_set(key: u64, value: u64) void {
        const rig = current.?;
        if (value == 0) {
            _ = rig.variables.remove(rig.text(key));
        } else rig.variables.put(rig.arena(), rig.text(key), rig.text(value)) catch @panic("out of memory");
    }

    pub fn http_request(_: u64, _: u64) u64 {
        return current.?.block(current.?.response.body);
    }

    pub fn http_status_code() u32 {
        return current.?.response.status;
    }

    pub fn http_headers() u64 {
        return current.?.block(current.?.response.headers);
    }

    fn log(level: Level, handle: u64) void {
        const rig = current.?;
        rig.logs.append(rig.arena(), .{ .level = level, .text = rig.text(handle) }) catch @panic("out of memory");
    }

    pub fn log_trace(handle: u64) void {
        log(.trace, handle);
    }

    pub fn log_debug(handle: u64) void {
        log(.debug, handle);
    }

    pub fn log_info(handle: u64) void {
        log(.info, handle);
    }

    pub fn log_warn(handle: u64) void {
        log(.warn, handle);
    }

    pub fn log_error(handle: u64) void {
        log(.@"error", handle);
    }

    pub fn get_state(key: u64) u64 {
        const rig = current.?;
        const value = rig.state.get(?json.Value, rig.text(key)) catch return 0;
        return rig.block((value orelse return 0).text);
    }

    pub fn set_state(key: u64, value: u64) void {
        const rig = current.?;
        const text = json.parse(rig.text(value)) catch @panic("stored what is no JSON");
        rig.state.set(rig.text(key), text) catch @panic("out of memory");
    }

    pub fn send_output(outputs: u64) void {
        const rig = current.?;
        const sent = json.parse(rig.text(outputs)) catch @panic("sent what is no JSON");
        rig.sent.append(rig.arena(), sent) catch @panic("out of memory");
    }
};
