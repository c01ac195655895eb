//! Reflow's twelve kinds of message.
const std = @import("std");
const Allocator = std.mem.Allocator;
const json = @import("../json/json.zig");
const Place = @import("../place.zig").Place;
const Value = json.Value;

/// What a port carries, by the names of Reflow.
pub const PortType = enum { Flow, Event, Boolean, Integer, Float, String, Object, Array, Stream, Optional, Any, Error };

/// One value on a port.
pub const Message = union(PortType) {
    /// A signal without data.
    Flow,
    /// Any JSON.
    Event: Value,
    Boolean: bool,
    Integer: i64,
    Float: f64,
    String: []const u8,
    /// An object in JSON.
    Object: Value,
    /// An array in JSON.
    Array: Value,
    /// Bytes.
    Stream: []const u8,
    /// Any JSON; null when there is nothing.
    Optional: Value,
    /// Any JSON.
    Any: Value,
    /// The text of an error.
    Error: []const u8,

    /// The message that a tagged value is: `{"type": T, "data": D}`. Data that is missing is null.
    pub fn read(tagged: Value, arena: Allocator, port: []const u8) json.Error!Message {
        const place = Place{ .name = port };
        const kind = tagged.get("type") orelse return place.missing();
        const data = tagged.get("data") orelse Value.none;
        return switch (try kind.at(PortType, arena, &place)) {
            .Flow => .Flow,
            .Event => .{ .Event = data },
            .Boolean => .{ .Boolean = try data.at(bool, arena, &place) },
            .Integer => .{ .Integer = try data.at(i64, arena, &place) },
            .Float => .{ .Float = try data.at(f64, arena, &place) },
            .String => .{ .String = try data.at([]const u8, arena, &place) },
            .Object => .{ .Object = try ofKind(data, .object, &place) },
            .Array => .{ .Array = try ofKind(data, .array, &place) },
            .Stream => .{ .Stream = (try data.at(json.ByteArray, arena, &place)).bytes },
            .Optional => .{ .Optional = data },
            .Any => .{ .Any = data },
            .Error => .{ .Error = try data.at([]const u8, arena, &place) },
        };
    }

    fn ofKind(data: Value, kind: json.Kind, place: *const Place) json.Error!Value {
        return if (data.kind() == kind) data else place.wrong(@tagName(kind), @tagName(data.kind()));
    }

    /// Write it tagged.
    pub fn writeJson(message: Message, writer: *json.Writer) void {
        writer.raw("{\"type\":\"");
        writer.raw(@tagName(message));
        writer.raw("\",\"data\":");
        switch (message) {
            .Flow => writer.raw("null"),
            .Stream => |content| writer.write(json.ByteArray{ .bytes = content }),
            inline else => |data| writer.write(data),
        }
        writer.raw("}");
    }
};
