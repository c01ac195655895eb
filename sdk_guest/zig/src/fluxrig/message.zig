//! The fluxMsg: one message as a value whose fields can be read and changed.
const std = @import("std");
const Allocator = std.mem.Allocator;
const Map = @import("../cbor/map.zig").Map;
const Meta = @import("meta.zig").Meta;
const failure = @import("../failure.zig");

/// An id: the 16 bytes of a UUID v7.
pub const Id = [16]u8;

/// No id.
pub const nil_id: Id = @splat(0);

/// Hops that a message may have taken.
pub const max_hops = 64;

/// One gear that a message passed.
pub const Hop = struct {
    /// The gear.
    gear: Id,
    /// The port.
    port: Id,
    /// When, in Unix nanoseconds.
    time: i64,
};

/// One message. Copies are independent of each other.
pub const Message = struct {
    /// UUID v7 of the message.
    id: Id = nil_id,
    /// The message that this one answers or belongs to; zeros when there is none.
    ref_id: Id = nil_id,
    /// OpenTelemetry trace id, hex.
    trace: []const u8 = "",
    /// The gear that the message came from at first.
    src_id: Id = nil_id,
    /// Routing flags and protocol headers.
    meta: Meta,
    /// Business fields.
    data: Map,
    /// Bit 0 is a sync probe, the others are reserved.
    flags: u32 = 0,
    /// The bytes that came in over the wire, when they are kept.
    raw: ?[]const u8 = null,
    /// Gears passed, oldest first.
    path: ?[]const Hop = null,
    /// Creation, Unix nanoseconds.
    ts: i64 = 0,

    /// An empty message whose maps live in the arena.
    pub fn init(arena: Allocator) Message {
        return .{ .meta = .{ .map = .{ .name = "meta", .arena = arena } }, .data = .{ .arena = arena } };
    }

    /// An empty message that answers this one: it refers to it, and has its trace and meta.
    pub fn reply(message: *const Message) Message {
        var answer = init(message.data.arena);
        answer.ref_id = message.id;
        answer.trace = message.trace;
        answer.meta = message.meta;
        return answer;
    }

    /// Add a hop to the path. `error.TooManyHops` when it has 64 of them.
    pub fn addHop(message: *Message, hop: Hop) error{ TooManyHops, OutOfMemory }!void {
        const taken = message.path orelse &.{};
        if (taken.len >= max_hops) return failure.keep(error.TooManyHops, "path has 64 hops, and may not have more");
        const longer = try message.data.arena.alloc(Hop, taken.len + 1);
        @memcpy(longer[0..taken.len], taken);
        longer[taken.len] = hop;
        message.path = longer;
    }
};
