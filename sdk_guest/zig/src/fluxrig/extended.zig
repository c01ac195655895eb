//! A gear of the extended profile: several answers, messages sent meanwhile, state, HTTP, time and randomness.
const std = @import("std");
const Allocator = std.mem.Allocator;
const cbor = @import("../cbor/item.zig");
const reading = @import("../cbor/read.zig");
const core = @import("gear.zig");
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");
const host = @import("host.zig").host;
const wire = @import("wire.zig");
const Level = @import("../log.zig").Level;
const messages = @import("message.zig");
const Message = messages.Message;

/// What becomes of a message.
pub const Answer = union(enum) {
    /// The message goes on, with the changes that were made to it.
    pass,
    /// Nothing goes on, but for what was emitted.
    drop,
    /// This message goes on in its place.
    send: Message,
    /// These messages go on in its place, in order.
    fan_out: []const Message,

    /// What goes on, as the gear's result: a message, or an array of them; no bytes when nothing does.
    pub fn encode(answer: *const Answer, gpa: Allocator, message: *const Message) wire.EncodeError![]u8 {
        return switch (answer.*) {
            .pass => wire.encode(gpa, message),
            .drop => &.{},
            .send => |*other| wire.encode(gpa, other),
            .fan_out => |all| if (all.len == 0) &.{} else wire.encodeAll(gpa, all, true),
        };
    }
};

/// A server's answer to an HTTP request.
pub const Response = struct {
    /// The status code.
    status: u16,
    /// Names are as the server spelled them.
    headers: []const Header,
    /// All of the body.
    body: []const u8,
};

/// A header of a response.
pub const Header = struct { name: []const u8, value: []const u8 };

/// What a gear's function reaches while it handles one message.
pub const Gear = struct {
    /// Tells `exportGear` which profile the gear is of.
    pub const profile: core.Profile = .extended;
    /// What its function answers.
    pub const Answers = Answer;

    /// Memory that lasts until the message is done. Nothing of it has to be freed.
    arena: Allocator,

    /// Write a line to the host's log. There is no level `trace` in fluxrig; it counts as `debug`.
    pub fn log(_: *const Gear, level: Level, text: []const u8) void {
        core.writeLog(level, text);
    }

    /// `log` with a text that is put together.
    pub fn logf(gear: *const Gear, level: Level, comptime format: []const u8, arguments: anytype) void {
        core.writeLog(level, std.fmt.allocPrint(gear.arena, format, arguments) catch format);
    }

    /// Reject the message with a reason: `return gear.fail("no amount");`. What was emitted and stored is undone.
    pub fn fail(gear: *const Gear, reason: []const u8) error{Failed} {
        return failure.copy(gear.arena, reason);
    }

    /// `fail` with a reason that is put together.
    pub fn failf(gear: *const Gear, comptime format: []const u8, arguments: anytype) error{Failed} {
        return failure.keep(error.Failed, std.fmt.allocPrint(gear.arena, format, arguments) catch format);
    }

    /// An empty message.
    pub fn newMessage(gear: *const Gear) Message {
        return Message.init(gear.arena);
    }

    /// Send a message before the answer.
    pub fn emit(gear: *const Gear, message: *const Message) wire.EncodeError!void {
        const encoded = try wire.encode(gear.arena, message);
        defer gear.arena.free(encoded);
        host.emit(encoded.ptr, encoded.len);
    }

    /// The value of a key of the gear's state; null when there is none, and when the host refuses.
    pub fn getState(gear: *const Gear, key: []const u8) Allocator.Error!?[]const u8 {
        return host.getState(gear.arena, key);
    }

    /// Store a value; `error.Refused` when the host refuses. There is no way to remove a key.
    pub fn putState(_: *const Gear, key: []const u8, value: []const u8) error{Refused}!void {
        if (host.flux_kv_put(bytes_of.pointer(key), key.len, bytes_of.pointer(value), value.len) != 0)
            return failure.record(error.Refused, &.{ "the host refused to store ", key });
    }

    /// Request a URL, with a body or without; `error.Refused` when the host refuses or the request fails.
    pub fn http(gear: *const Gear, url: []const u8, body: []const u8) (error{Refused} || reading.Error || cbor.Error)!Response {
        const bytes = try host.requestHttp(gear.arena, url, body) orelse
            return failure.record(error.Refused, &.{ "the host refused the request to ", url });
        return readResponse(gear.arena, try reading.read(gear.arena, bytes, reading.max_depth));
    }

    /// The host's time, in Unix nanoseconds; `error.Refused` when the host does not tell it.
    pub fn time(_: *const Gear) error{Refused}!i64 {
        var now: u64 = 0;
        if (host.clock_time_get(0, 1, &now) != 0) return failure.keep(error.Refused, "the host does not tell the time");
        return @bitCast(now);
    }

    /// Fill the bytes with random ones of the host's; `error.Refused` when it gives none.
    pub fn random(_: *const Gear, bytes: []u8) error{Refused}!void {
        if (host.random_get(bytes_of.pointer(bytes), bytes.len) != 0)
            return failure.keep(error.Refused, "the host gives no random bytes");
    }

    /// An id for a message of the gear's making: a UUID v7 that says that it names a message.
    pub fn newId(gear: *const Gear) error{Refused}!messages.Id {
        const now: u64 = @bitCast(try gear.time());
        var id: messages.Id = undefined;
        try gear.random(&id);
        const milliseconds = now / std.time.ns_per_ms;
        std.mem.writeInt(u48, id[0..6], @truncate(milliseconds), .big);
        const fraction: u16 = @intCast((now % std.time.ns_per_ms) * 4096 / std.time.ns_per_ms);
        std.mem.writeInt(u16, id[6..8], 0x7000 | fraction, .big);
        // Variant binary 10, then the 8 bits of the entity type: 3, a message.
        id[8] = 0x80;
        id[9] = 3 << 6 | (id[9] & 0x3f);
        return id;
    }
};

fn readResponse(arena: Allocator, item: cbor.Item) cbor.Error!Response {
    const Plain = struct { status: u16, headers: cbor.Item, body: @import("../cbor/encode.zig").Bytes };
    const response = try item.as(Plain, arena, "response");
    const headers = try arena.alloc(Header, response.headers.count());
    var each = response.headers.entries();
    for (headers) |*header| {
        const entry = each.next().?;
        header.* = .{ .name = entry.key, .value = try entry.value.as([]const u8, arena, "response.headers") };
    }
    return .{ .status = response.status, .headers = headers, .body = response.body.bytes };
}
