//! A fluxMsg: read from a value of CBOR, and written.
const std = @import("std");
const mutation = @import("mutation.zig");
const values = @import("value.zig");
const Value = values.Value;
const Entry = values.Entry;
const Writer = @import("writer.zig").Writer;

pub const Id = [16]u8;
pub const nil: Id = @splat(0);

pub const Hop = struct { g: Id = nil, p: Id = nil, t: i64 = 0 };

pub const Message = struct {
    id: Id = nil,
    ref_id: Id = nil,
    trace: []const u8 = "",
    src_id: Id = nil,
    meta: []const Entry = &.{},
    data: []const Entry = &.{},
    flags: u32 = 0,
    raw: ?[]const u8 = null,
    path: ?[]const Hop = null,
    ts: i64 = 0,

    const field_count = 10;

    pub fn write(message: *const Message, writer: *Writer) error{OutOfMemory}!void {
        const twice = mutation.isFor("key_written_twice", "FLX-039");
        try writer.head(5, field_count + @as(u64, @intFromBool(twice)));
        try message.writeIds(writer);
        if (twice) try writeField(writer, "trace", .{ .text = "" });
        try message.writeTrace(writer);
        try writeField(writer, "meta", .{ .map = message.meta });
        try writeField(writer, "data", .{ .map = message.data });
        const flags = if (mutation.is("flags_of_31_bits")) message.flags & 0x7fff_ffff else message.flags;
        try writeField(writer, "flags", .{ .positive = flags });
        try writeField(writer, "raw", if (message.raw) |raw| .{ .bytes = raw } else .null);
        try writer.text("path");
        try message.writePath(writer);
        try writeField(writer, "ts", message.timestamp());
    }

    fn writeIds(message: *const Message, writer: *Writer) error{OutOfMemory}!void {
        if (mutation.isFor("id_as_text", "FLX-041")) {
            const digits = std.fmt.bytesToHex(message.id, .lower);
            try writeField(writer, "id", .{ .text = &digits });
        } else try writeField(writer, "id", .{ .bytes = &message.id });
        try writeField(writer, "ref_id", .{ .bytes = &message.ref_id });
        try writeField(writer, "src_id", .{ .bytes = &message.src_id });
    }

    fn writeTrace(message: *const Message, writer: *Writer) error{OutOfMemory}!void {
        try writer.text("trace");
        if (mutation.isFor("tag_before_text", "FLX-040")) try writer.byte(0xc0);
        if (mutation.isFor("text_cut", "FLX-038")) return writer.value(.{ .text = "\xf0\x9f" });
        try writer.text(message.trace);
    }

    fn writePath(message: *const Message, writer: *Writer) error{OutOfMemory}!void {
        const path = message.path orelse return writer.value(.null);
        const extra: usize = if (mutation.isFor("sixty_five_hops", "FLX-043")) 65 - @min(path.len, 65) else 0;
        try writer.head(4, path.len + extra);
        for (path) |hop| try writeHop(writer, hop);
        for (0..extra) |_| try writeHop(writer, .{});
    }

    fn writeHop(writer: *Writer, hop: Hop) error{OutOfMemory}!void {
        try writer.head(5, 3);
        try writeField(writer, "g", .{ .bytes = &hop.g });
        try writeField(writer, "p", .{ .bytes = &hop.p });
        try writeField(writer, "t", Value.of(hop.t));
    }

    fn timestamp(message: *const Message) Value {
        if (mutation.isFor("ts_as_float", "FLX-042")) return .{ .float = @floatFromInt(message.ts) };
        return Value.of(message.ts);
    }
};

fn writeField(writer: *Writer, key: []const u8, value: Value) error{OutOfMemory}!void {
    try writer.text(key);
    try writer.value(value);
}

pub const Failure = error{ NotAMessage, OutOfMemory };

/// Turns a value into a message, and says what was wrong when it is none.
pub const Decoder = struct {
    arena: std.mem.Allocator,
    fault: []const u8 = "",
    /// The message as far as it was read.
    message: Message = .{},

    pub fn decode(decoder: *Decoder, value: Value) Failure!Message {
        if (value != .map) return decoder.refuse("the message is no map");
        for (value.map) |entry| try decoder.field(entry);
        return decoder.message;
    }

    fn refuse(decoder: *Decoder, fault: []const u8) Failure {
        decoder.fault = fault;
        return error.NotAMessage;
    }

    fn field(decoder: *Decoder, entry: Entry) Failure!void {
        const message = &decoder.message;
        const Field = std.meta.FieldEnum(Message);
        const name = std.meta.stringToEnum(Field, entry.key) orelse
            return if (mutation.is("unknown_fields_refused")) decoder.refuse("an unknown field") else {};
        switch (name) {
            .id => message.id = try decoder.id(entry.value),
            .ref_id => message.ref_id = try decoder.id(entry.value),
            .src_id => message.src_id = try decoder.id(entry.value),
            .trace => message.trace = if (entry.value == .text) entry.value.text else return decoder.refuse("trace is no text"),
            .meta => message.meta = try decoder.meta(entry.value),
            .data => message.data = try decoder.map(entry.value),
            .flags => message.flags = try decoder.flags(entry.value),
            .raw => message.raw = switch (entry.value) {
                .bytes => |bytes| bytes,
                .null => null,
                else => return decoder.refuse("raw is neither bytes nor null"),
            },
            .path => message.path = try decoder.path(entry.value),
            .ts => message.ts = try decoder.time(entry.value),
        }
    }

    fn id(decoder: *Decoder, value: Value) Failure!Id {
        if (value != .bytes or value.bytes.len != 16) return decoder.refuse("an id is not 16 bytes");
        return value.bytes[0..16].*;
    }

    fn map(decoder: *Decoder, value: Value) Failure![]const Entry {
        return switch (value) {
            .map => |entries| entries,
            .null => &.{},
            else => decoder.refuse("neither a map nor null"),
        };
    }

    fn meta(decoder: *Decoder, value: Value) Failure![]const Entry {
        const entries = try decoder.map(value);
        for (entries) |entry| if (entry.value != .text) return decoder.refuse("meta holds what is no text");
        return entries;
    }

    fn flags(decoder: *Decoder, value: Value) Failure!u32 {
        if (value == .positive) if (std.math.cast(u32, value.positive)) |fits| return fits;
        return decoder.refuse("flags are no number of 32 bits");
    }

    fn time(decoder: *Decoder, value: Value) Failure!i64 {
        if (value.signed()) |number| return number;
        if (mutation.is("wrong_types_trap")) @trap();
        return decoder.refuse("a time is no integer of 64 bits");
    }

    fn path(decoder: *Decoder, value: Value) Failure!?[]const Hop {
        if (value == .null) return null;
        if (value != .list) return decoder.refuse("path is neither an array nor null");
        if (value.list.len > 64) return decoder.refuse("more than 64 hops");
        const hops = try decoder.arena.alloc(Hop, value.list.len);
        for (hops, value.list) |*to, from| to.* = try decoder.hop(from);
        return hops;
    }

    fn hop(decoder: *Decoder, value: Value) Failure!Hop {
        if (value != .map) return decoder.refuse("a hop is no map");
        var read = Hop{};
        if (values.get(value.map, "g")) |gear| read.g = try decoder.id(gear);
        if (values.get(value.map, "p")) |port| read.p = try decoder.id(port);
        if (values.get(value.map, "t")) |at| read.t = try decoder.time(at);
        return read;
    }
};
