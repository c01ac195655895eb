//! One value of a message, looked at where it lies: nothing is copied until it is asked for.
const std = @import("std");
const Allocator = std.mem.Allocator;
const places = @import("../place.zig");
const bytes_of = @import("../bytes.zig");
const heads = @import("head.zig");
const Bytes = @import("encode.zig").Bytes;
const Place = places.Place;

/// Why a value could not be read as the type that was asked for.
pub const Error = places.Error;

/// What a value is.
pub const Kind = enum {
    null,
    boolean,
    integer,
    float,
    text,
    bytes,
    array,
    map,
};

/// A value as it lies in the message.
pub const Item = struct {
    /// Its CBOR; the item and nothing behind it, in the form of `plain`.
    encoded: []const u8,

    /// The first item of the bytes.
    pub fn first(encoded: []const u8) Item {
        return .{ .encoded = encoded[0..heads.lengthOf(encoded)] };
    }

    /// What it is.
    pub fn kind(item: Item) Kind {
        return switch (heads.Head.of(item.encoded).major) {
            .unsigned, .negative => .integer,
            .bytes => .bytes,
            .text => .text,
            .array => .array,
            .map => .map,
            else => switch (item.encoded[0]) {
                heads.false_byte, heads.true_byte => .boolean,
                heads.half_byte, heads.float_byte => .float,
                else => .null,
            },
        };
    }

    /// The value as a `T`; `name` is what reasons call it. Slices of other things than bytes need the arena.
    ///
    /// `bool`; integers, `error.OutOfRange` when they do not fit; floats, which take integers too; `[]const u8` from
    /// text, `Bytes` from bytes; slices from arrays; optionals, null for null; structs from maps, with fields that have
    /// a default or are optional for keys that may be missing; enums from text by name; `Item` from anything.
    pub fn as(item: Item, comptime T: type, arena: Allocator, name: []const u8) Error!T {
        return item.at(T, arena, &.{ .name = name });
    }

    /// `as` with a place that may have parents.
    pub fn at(item: Item, comptime T: type, arena: Allocator, place: *const Place) Error!T {
        if (T == Item) return item;
        if (T == Bytes) return .{ .bytes = item.content(.bytes) orelse return item.wrong("bytes", place) };
        if (T == []const u8) return item.content(.text) orelse item.wrong("text", place);
        switch (@typeInfo(T)) {
            .bool => return switch (item.encoded[0]) {
                heads.true_byte => true,
                heads.false_byte => false,
                else => item.wrong("boolean", place),
            },
            .int => return item.integer(T, place),
            .float => return @floatCast(try item.float(place)),
            .optional => |info| return if (item.kind() == .null) null else try item.at(info.child, arena, place),
            .@"enum" => {
                const text = item.content(.text) orelse return item.wrong("text", place);
                return std.meta.stringToEnum(T, text) orelse place.outOfRange("is none of the names that belong there");
            },
            .pointer => |info| {
                if (info.size != .slice) @compileError("can't read CBOR as " ++ @typeName(T));
                return item.slice(info.child, arena, place);
            },
            .@"struct" => return item.structure(T, arena, place),
            else => @compileError("can't read CBOR as " ++ @typeName(T)),
        }
    }

    /// The value of that key, when the item is a map that has it.
    pub fn get(item: Item, key: []const u8) ?Item {
        if (item.kind() != .map) return null;
        var pairs = item.entries();
        while (pairs.next()) |entry| if (bytes_of.same(entry.key, key)) return entry.value;
        return null;
    }

    /// The value at a dotted path of maps, such as `card.pan`.
    pub fn find(item: Item, path: []const u8) ?Item {
        var here = item;
        var keys = std.mem.splitScalar(u8, path, '.');
        while (keys.next()) |key| here = here.get(key) orelse return null;
        return here;
    }

    /// How many entries or elements it has; 0 for what has none.
    pub fn count(item: Item) usize {
        const head = heads.Head.of(item.encoded);
        return if (head.major == .map or head.major == .array) @intCast(head.value) else 0;
    }

    /// The elements of an array, in order; none for anything else.
    pub fn elements(item: Item) Elements {
        const head = heads.Head.of(item.encoded);
        return .{ .rest = item.encoded[head.size..], .left = if (head.major == .array) head.value else 0 };
    }

    /// The entries of a map, in order; none for anything else.
    pub fn entries(item: Item) Entries {
        const head = heads.Head.of(item.encoded);
        return .{ .rest = item.encoded[head.size..], .left = if (head.major == .map) head.value else 0 };
    }

    /// What a string of that kind holds; null when it is something else.
    pub fn content(item: Item, major: heads.Major) ?[]const u8 {
        const head = heads.Head.of(item.encoded);
        return if (head.major == major) item.encoded[head.size..] else null;
    }

    /// The value of an integer that is not negative, null for anything else.
    pub fn unsigned(item: Item) ?u64 {
        const head = heads.Head.of(item.encoded);
        return if (head.major == .unsigned) head.value else null;
    }

    /// The value of an integer that fits, null for anything else.
    pub fn signed(item: Item) ?i64 {
        const head = heads.Head.of(item.encoded);
        return switch (head.major) {
            .unsigned => std.math.cast(i64, head.value),
            // Nothing below -2^63 was let through.
            .negative => -1 - @as(i64, @intCast(head.value)),
            else => null,
        };
    }

    fn integer(item: Item, comptime T: type, place: *const Place) Error!T {
        if (item.kind() != .integer) return item.wrong("integer", place);
        const fits = if (item.unsigned()) |value| std.math.cast(T, value) else std.math.cast(T, item.signed().?);
        return fits orelse place.outOfRange("does not fit into " ++ @typeName(T));
    }

    fn float(item: Item, place: *const Place) Error!f64 {
        const head = heads.Head.of(item.encoded);
        return switch (head.major) {
            .unsigned => @floatFromInt(head.value),
            .negative => @floatFromInt(-1 - @as(i64, @intCast(head.value))),
            else => if (item.kind() == .float) heads.floatOf(item.encoded[0], head.value) else item.wrong("float", place),
        };
    }

    fn slice(item: Item, comptime T: type, arena: Allocator, place: *const Place) Error![]const T {
        if (item.kind() != .array) return item.wrong("array", place);
        const list = try arena.alloc(T, item.count());
        var each = item.elements();
        for (list) |*element| element.* = try each.next().?.at(T, arena, &.{ .parent = place, .name = "[]" });
        return list;
    }

    fn structure(item: Item, comptime T: type, arena: Allocator, place: *const Place) Error!T {
        if (item.kind() != .map) return item.wrong("map", place);
        const info = @typeInfo(T).@"struct";
        var result: T = undefined;
        inline for (info.field_names, info.field_types, info.field_attrs) |name, Field, attrs| {
            const inner = Place{ .parent = place, .name = name };
            @field(result, name) = if (item.get(name)) |found|
                try found.at(Field, arena, &inner)
            else if (attrs.defaultValue(Field)) |default|
                default
            else if (@typeInfo(Field) == .optional)
                null
            else
                return inner.missing();
        }
        return result;
    }

    fn wrong(item: Item, expected: []const u8, place: *const Place) Error {
        return place.wrong(expected, @tagName(item.kind()));
    }
};

/// The elements of an array.
pub const Elements = struct {
    rest: []const u8,
    left: u64,

    /// The next one, null after the last.
    pub fn next(elements: *Elements) ?Item {
        if (elements.left == 0) return null;
        elements.left -= 1;
        const item = Item.first(elements.rest);
        elements.rest = elements.rest[item.encoded.len..];
        return item;
    }
};

/// An entry of a map.
pub const Entry = struct { key: []const u8, value: Item };

/// The entries of a map.
pub const Entries = struct {
    rest: []const u8,
    left: u64,

    /// The next one, null after the last.
    pub fn next(entries: *Entries) ?Entry {
        if (entries.left == 0) return null;
        entries.left -= 1;
        const head = heads.Head.of(entries.rest);
        const end = head.size + @as(usize, @intCast(head.value));
        const value = Item.first(entries.rest[end..]);
        const entry = Entry{ .key = entries.rest[head.size..end], .value = value };
        entries.rest = entries.rest[end + value.encoded.len ..];
        return entry;
    }
};
