//! The fluxMsg on the wire: CBOR, strict in both directions, as Go's fxamacker/cbor reads and writes it.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");
const heads = @import("../cbor/head.zig");
const reading = @import("../cbor/read.zig");
const messages = @import("message.zig");
const Encoder = @import("../cbor/encode.zig").Encoder;
const Item = @import("../cbor/item.zig").Item;
const Hop = messages.Hop;
const Id = messages.Id;
const Message = messages.Message;

/// Why bytes are no message: no strict CBOR, or a field of another type than a message has. The reason is recorded.
pub const Error = reading.Error || error{WrongType};

/// The fields in the order in which they are written.
const Field = enum { id, ref_id, trace, src_id, meta, data, flags, raw, path, ts };
const names = @typeInfo(Field).@"enum".field_names;

/// The message in these bytes, which must stay where they are as long as it is used. Missing fields are empty, null is
/// good for `meta`, `data`, `raw` and `path`, and keys that no message has are ignored.
pub fn decode(arena: Allocator, bytes: []const u8) Error!Message {
    const whole = try reading.read(arena, bytes, reading.max_depth);
    if (whole.kind() != .map) return wrong("the message", "map");
    var message = Message.init(arena);
    var fields = whole.entries();
    while (fields.next()) |entry| {
        for (names, 0..) |name, index| {
            if (bytes_of.same(name, entry.key)) try take(&message, arena, @fromBackingInt(@intCast(index)), entry.value);
        }
    }
    return message;
}

fn take(message: *Message, arena: Allocator, field: Field, value: Item) Error!void {
    const name = names[@backingInt(field)];
    switch (field) {
        .id, .ref_id, .src_id => {
            const place = switch (field) {
                .id => &message.id,
                .ref_id => &message.ref_id,
                else => &message.src_id,
            };
            place.* = try id(value, name);
        },
        .trace => message.trace = value.content(.text) orelse return wrong(name, "text"),
        .flags => message.flags = std.math.cast(u32, value.unsigned() orelse maxed) orelse return wrong(name, "integer of 32 bits"),
        .ts => message.ts = try signed(value, name),
        .raw => if (value.kind() != .null) {
            message.raw = value.content(.bytes) orelse return wrong(name, "bytes or null");
        },
        .data, .meta => if (value.kind() != .null) {
            if (value.kind() != .map) return wrong(name, "map or null");
            if (field == .data) {
                message.data.encoded = value.encoded;
                return;
            }
            message.meta.map.encoded = value.encoded;
            var entries = value.entries();
            while (entries.next()) |entry| if (entry.value.kind() != .text) return wrong(name, "map of text");
        },
        .path => if (value.kind() != .null) {
            if (value.kind() != .array or value.count() > messages.max_hops) return wrong(name, "array of 64 hops at most, or null");
            message.path = try path(value, arena, name);
        },
    }
}

const maxed = std.math.maxInt(u64);

noinline fn wrong(name: []const u8, expected: []const u8) Error {
    return failure.record(error.WrongType, &.{ name, ": expected ", expected });
}

noinline fn id(value: Item, name: []const u8) Error!Id {
    const content = value.content(.bytes) orelse "";
    return if (content.len == 16) content[0..16].* else wrong(name, "16 bytes");
}

noinline fn signed(value: Item, name: []const u8) Error!i64 {
    return value.signed() orelse wrong(name, "integer of 64 bits with sign");
}

fn path(value: Item, arena: Allocator, name: []const u8) Error![]const Hop {
    const hops = try arena.alloc(Hop, value.count());
    var each = value.elements();
    for (hops) |*hop| {
        const item = each.next().?;
        if (item.kind() != .map) return wrong(name, "hops that are maps");
        hop.* = .{ .gear = messages.nil_id, .port = messages.nil_id, .time = 0 };
        if (item.get("g")) |gear| hop.gear = try id(gear, "g in path");
        if (item.get("p")) |port| hop.port = try id(port, "p in path");
        if (item.get("t")) |time| hop.time = try signed(time, "t in path");
    }
    return hops;
}

/// Why a message could not be written: its `trace` is no UTF-8. (What is put into `data` and `meta` is judged then.)
pub const EncodeError = error{ Malformed, OutOfMemory };

/// The bytes of a message, in memory of `gpa`.
pub fn encode(gpa: Allocator, message: *const Message) EncodeError![]u8 {
    return encodeAll(gpa, message[0..1], false);
}

/// The bytes of several messages as an array of them, or those of the first alone.
pub fn encodeAll(gpa: Allocator, all: []const Message, as_array: bool) EncodeError![]u8 {
    for (all) |*each| if (!bytes_of.isUtf8(each.trace)) return failure.keep(error.Malformed, "trace is no UTF-8");
    var encoder = Encoder{};
    for (0..2) |_| {
        if (as_array) encoder.head(.array, all.len);
        for (all) |*each| write(&encoder, each);
        if (encoder.out) |out| return out[0..encoder.size];
        encoder = .{ .out = (try gpa.alloc(u8, encoder.size)).ptr };
    }
    unreachable;
}

noinline fn write(encoder: *Encoder, message: *const Message) void {
    encoder.head(.map, names.len);
    for (names, 0..) |name, index| {
        encoder.string(.text, name);
        switch (@as(Field, @fromBackingInt(@intCast(index)))) {
            .id => encoder.string(.bytes, &message.id),
            .ref_id => encoder.string(.bytes, &message.ref_id),
            .trace => encoder.string(.text, message.trace),
            .src_id => encoder.string(.bytes, &message.src_id),
            .meta => message.meta.writeCbor(encoder),
            .data => message.data.writeCbor(encoder),
            .flags => encoder.write(message.flags),
            .raw => if (message.raw) |raw| encoder.string(.bytes, raw) else encoder.write(null),
            .path => if (message.path) |hops| writePath(encoder, hops) else encoder.write(null),
            .ts => encoder.write(message.ts),
        }
    }
}

fn writePath(encoder: *Encoder, hops: []const Hop) void {
    encoder.head(.array, hops.len);
    for (hops) |*hop| {
        encoder.head(.map, 3);
        encoder.write("g");
        encoder.string(.bytes, &hop.gear);
        encoder.write("p");
        encoder.string(.bytes, &hop.port);
        encoder.write("t");
        encoder.write(hop.time);
    }
}
