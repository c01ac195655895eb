//! A JSON object that can be changed.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const values = @import("value.zig");
const writing = @import("write.zig");
const Place = @import("../place.zig").Place;
const Value = values.Value;

/// An object's entries, in order. Keys are taken as they are: a dot in one leads nowhere.
pub const Object = struct {
    /// What reasons call it.
    name: []const u8,
    arena: Allocator,
    fields: std.ArrayList(Field) = .empty,
    /// Whether it was changed since it was made.
    changed: bool = false,

    /// A key and its value.
    pub const Field = struct { key: []const u8, value: Value };

    /// The entries of a value; none when it is no object.
    pub fn of(arena: Allocator, name: []const u8, value: Value) Allocator.Error!Object {
        var object = Object{ .name = name, .arena = arena };
        var pairs = value.entries();
        while (pairs.next()) |entry| try object.put(try entry.key(arena), entry.value);
        object.changed = false;
        return object;
    }

    /// The value of a key as a `T`, see `Value.as`. An optional is null where there is none.
    pub fn get(object: *const Object, comptime T: type, key: []const u8) values.Error!T {
        const root = Place{ .name = object.name };
        const place = Place{ .parent = &root, .name = key };
        for (object.fields.items) |field| if (bytes_of.same(field.key, key)) return field.value.at(T, object.arena, &place);
        return if (@typeInfo(T) == .optional) null else place.missing();
    }

    /// Set a key.
    pub fn set(object: *Object, key: []const u8, value: anytype) writing.Error!void {
        const text = try writing.write(object.arena, value);
        try object.put(try object.arena.dupe(u8, key), .{ .text = text });
    }

    /// Take away a key, if it is there.
    pub fn remove(object: *Object, key: []const u8) void {
        for (object.fields.items, 0..) |field, index| if (bytes_of.same(field.key, key)) {
            _ = object.fields.orderedRemove(index);
            object.changed = true;
            return;
        };
    }

    /// Take away all keys.
    pub fn clear(object: *Object) void {
        object.fields.clearRetainingCapacity();
        object.changed = true;
    }

    fn put(object: *Object, key: []const u8, value: Value) Allocator.Error!void {
        object.changed = true;
        for (object.fields.items) |*field| if (bytes_of.same(field.key, key)) {
            field.value = value;
            return;
        };
        try object.fields.append(object.arena, .{ .key = key, .value = value });
    }

    /// Write it.
    pub fn writeJson(object: Object, writer: *writing.Writer) void {
        writer.raw("{");
        for (object.fields.items, 0..) |field, index| {
            if (index > 0) writer.raw(",");
            writer.text(field.key);
            writer.raw(":");
            writer.raw(field.value.text);
        }
        writer.raw("}");
    }
};
