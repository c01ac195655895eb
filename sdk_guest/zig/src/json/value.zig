//! One JSON value, looked at where it stands: numbers keep their digits, and nothing is copied until it is asked for.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const numbers = @import("number.zig");
const places = @import("../place.zig");
const scan = @import("scan.zig");
const texts = @import("text.zig");
const Place = places.Place;

/// Why a value could not be read as the type that was asked for.
pub const Error = places.Error;

/// What a value is.
pub const Kind = enum { null, boolean, number, text, array, object };

/// A JSON value.
pub const Value = struct {
    /// Its JSON, without white space around it. It has been judged.
    text: []const u8 = "null",

    /// Null.
    pub const none = Value{};

    /// The value that a text is; `error.NotJson` when it is none. It lies in the text.
    pub fn parse(text: []const u8) scan.Error!Value {
        return .{ .text = try scan.judge(text) };
    }

    /// JSON that stands in the program: it is judged when that is compiled.
    pub fn literal(comptime text: []const u8) Value {
        return .{ .text = comptime judged: {
            @setEvalBranchQuota(100 * text.len + 1000);
            break :judged scan.valueIn(text) orelse @compileError("this is no JSON");
        } };
    }

    /// What it is.
    pub fn kind(value: Value) Kind {
        return switch (value.text[0]) {
            'n' => .null,
            't', 'f' => .boolean,
            '"' => .text,
            '[' => .array,
            '{' => .object,
            else => .number,
        };
    }

    /// The value as a `T`; `name` is what reasons call it. Texts with escapes, and slices, need the arena.
    ///
    /// `bool`; integers from numbers that are whole, `4.0` too, `error.OutOfRange` when they do not fit; floats;
    /// `[]const u8` from text; slices from arrays; optionals, null for null; structs from objects, with fields that have
    /// a default or are optional for keys that may be missing; enums from text by name; `Value` from anything.
    pub fn as(value: Value, comptime T: type, arena: Allocator, name: []const u8) Error!T {
        return value.at(T, arena, &.{ .name = name });
    }

    /// `as` with a place that may have parents.
    pub fn at(value: Value, comptime T: type, arena: Allocator, place: *const Place) Error!T {
        if (T == Value) return value;
        if (T == []const u8) return value.string(arena, place);
        switch (@typeInfo(T)) {
            .bool => return if (value.kind() == .boolean) value.text[0] == 't' else value.wrong("boolean", place),
            .int => {
                if (value.kind() != .number) return value.wrong("integer", place);
                const number = numbers.whole(value.text) orelse return place.outOfRange("is no integer of 64 bits");
                return number.cast(T) orelse place.outOfRange("does not fit into " ++ @typeName(T));
            },
            .float => {
                if (value.kind() != .number) return value.wrong("number", place);
                const number = std.fmt.parseFloat(f64, value.text) catch unreachable;
                return if (std.math.isFinite(number)) @floatCast(number) else place.outOfRange("is too large for a float");
            },
            .optional => |info| return if (value.kind() == .null) null else try value.at(info.child, arena, place),
            .@"enum" => {
                const name = try value.string(arena, place);
                return std.meta.stringToEnum(T, name) orelse place.outOfRange("is none of the names that belong there");
            },
            .pointer => |info| {
                if (info.size != .slice) @compileError("can't read JSON as " ++ @typeName(T));
                return value.slice(info.child, arena, place);
            },
            .@"struct" => return if (@hasDecl(T, "readJson"))
                T.readJson(value, arena, place)
            else
                value.structure(T, arena, place),
            else => @compileError("can't read JSON as " ++ @typeName(T)),
        }
    }

    /// The value of that key, when this is an object that has it. Of a key that stands twice the last counts.
    pub fn get(value: Value, key: []const u8) ?Value {
        var found: ?Value = null;
        var pairs = value.entries();
        while (pairs.next()) |entry| if (entry.keyIs(key)) {
            found = entry.value;
        };
        return found;
    }

    /// The value at a dotted path of objects, such as `card.pan`.
    pub fn find(value: Value, path: []const u8) ?Value {
        var here = value;
        var keys = std.mem.splitScalar(u8, path, '.');
        while (keys.next()) |key| here = here.get(key) orelse return null;
        return here;
    }

    /// The elements of an array, in order; none for anything else.
    pub fn elements(value: Value) Elements {
        return .{ .text = value.text, .at = if (value.kind() == .array) 1 else value.text.len };
    }

    /// The entries of an object, in order; none for anything else.
    pub fn entries(value: Value) Entries {
        return .{ .inner = .{ .text = value.text, .at = if (value.kind() == .object) 1 else value.text.len } };
    }

    fn string(value: Value, arena: Allocator, place: *const Place) Error![]const u8 {
        if (value.kind() != .text) return value.wrong("text", place);
        return texts.unescape(arena, value.text[1 .. value.text.len - 1]);
    }

    fn slice(value: Value, comptime T: type, arena: Allocator, place: *const Place) Error![]const T {
        if (value.kind() != .array) return value.wrong("array", place);
        var list: std.ArrayList(T) = .empty;
        var each = value.elements();
        while (each.next()) |element|
            try list.append(arena, try element.at(T, arena, &.{ .parent = place, .name = "[]" }));
        return list.items;
    }

    fn structure(value: Value, comptime T: type, arena: Allocator, place: *const Place) Error!T {
        if (value.kind() != .object) return value.wrong("object", place);
        const info = @typeInfo(T).@"struct";
        var result: T = undefined;
        inline for (info.field_names, info.field_types, info.field_attrs) |name, Field, attrs| {
            const inner = Place{ .parent = place, .name = name };
            @field(result, name) = if (value.get(name)) |found|
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

    fn wrong(value: Value, expected: []const u8, place: *const Place) Error {
        return place.wrong(expected, @tagName(value.kind()));
    }
};

/// The elements of an array.
pub const Elements = struct {
    text: []const u8,
    at: usize,

    /// The next one, null after the last.
    pub fn next(elements: *Elements) ?Value {
        while (elements.at < elements.text.len) : (elements.at += 1) {
            const byte = elements.text[elements.at];
            if (scan.isSpace(byte) or byte == ',' or byte == ':') continue;
            if (byte == ']' or byte == '}') break;
            const start = elements.at;
            elements.at = scan.endOf(elements.text, start);
            return .{ .text = elements.text[start..elements.at] };
        }
        elements.at = elements.text.len;
        return null;
    }
};

/// An entry of an object.
pub const Entry = struct {
    /// The key as it stands, between its quotes.
    raw_key: []const u8,
    value: Value,

    /// Whether the key is that text.
    pub fn keyIs(entry: Entry, text: []const u8) bool {
        return texts.says(entry.raw_key, text);
    }

    /// The key; in the arena if it has escapes.
    pub fn key(entry: Entry, arena: Allocator) Allocator.Error![]const u8 {
        return texts.unescape(arena, entry.raw_key);
    }
};

/// The entries of an object.
pub const Entries = struct {
    inner: Elements,

    /// The next one, null after the last.
    pub fn next(entries: *Entries) ?Entry {
        const quoted = (entries.inner.next() orelse return null).text;
        return .{ .raw_key = quoted[1 .. quoted.len - 1], .value = entries.inner.next().? };
    }
};
