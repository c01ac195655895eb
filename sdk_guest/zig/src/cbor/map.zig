//! A map that can be changed: the encoded one as it came, and the changes beside it.
const std = @import("std");
const Allocator = std.mem.Allocator;
const failure = @import("../failure.zig");
const heads = @import("head.zig");
const bytes_of = @import("../bytes.zig");
const reading = @import("read.zig");
const encoding = @import("encode.zig");
const items = @import("item.zig");
const Encoder = encoding.Encoder;
const Item = items.Item;
const Place = @import("../place.zig").Place;

/// A map of a message, `data` or one inside it. Copies of a map are independent: `var copy = message.*;`.
///
/// Where a method takes a path, dots lead into inner maps: `card.pan`. A key with a dot in it is reached by `field` and
/// `setField` alone.
pub const Map = struct {
    /// What reasons call it.
    name: []const u8 = "data",
    arena: Allocator,
    encoded: []const u8 = empty,
    /// Newest first; those behind a node never change, so that maps may share them.
    changes: ?*const Change = null,
    change_count: u8 = 0,

    const empty = "\xa0";
    const Change = struct {
        key: []const u8,
        value: ?Item,
        older: ?*const Change,
        write: *const fn (Map, *Encoder) void = writeChanged,
    };
    /// So many changes are joined with what was encoded before.
    const most_changes = 32;

    /// A map of a struct's fields, or of a map item.
    pub fn of(arena: Allocator, fields: anytype) SetError!Map {
        var map = Map{ .arena = arena };
        // Without fields Zig takes it for an empty tuple, which is an array anywhere else.
        if (@TypeOf(fields) == @TypeOf(.{})) return map;
        map.encoded = (try itemOf(arena, fields, 1)).encoded;
        if (map.item().kind() != .map) return failure.record(error.WrongType, &.{"a map was expected"});
        return map;
    }

    /// Why a value could not be put into the map: something else than a map is in the way, the text is no UTF-8, or it
    /// is nested more than 32 deep.
    pub const SetError = reading.Error || error{WrongType};

    /// The value of a key, dots and all.
    pub fn field(map: Map, key: []const u8) ?Item {
        var change = map.changes;
        while (change) |newer| : (change = newer.older) if (bytes_of.same(newer.key, key)) return newer.value;
        return (Item{ .encoded = map.encoded }).get(key);
    }

    /// The value at a path, null where it leads nowhere.
    pub fn find(map: Map, path: []const u8) ?Item {
        const dot = std.mem.findScalar(u8, path, '.') orelse return map.field(path);
        return (map.field(path[0..dot]) orelse return null).find(path[dot + 1 ..]);
    }

    /// The value at a path as a `T`, see `Item.as`. An optional is null where the path leads nowhere.
    pub fn get(map: Map, comptime T: type, path: []const u8) items.Error!T {
        const root = Place{ .name = map.name };
        const place = Place{ .parent = &root, .name = path };
        if (map.find(path)) |found| return found.at(T, map.arena, &place);
        return if (@typeInfo(T) == .optional) null else place.missing();
    }

    /// The whole map as a struct.
    pub fn as(map: Map, comptime T: type) items.Error!T {
        return (try map.joined()).as(T, map.arena, map.name);
    }

    /// Put a value at a path; maps that are missing on the way are made.
    pub fn set(map: *Map, path: []const u8, value: anytype) SetError!void {
        const depth = 2 + std.mem.countScalar(u8, path, '.');
        if (depth > reading.max_depth) return failure.record(error.Malformed, &.{ map.name, ".", path, " is nested too deep" });
        const dot = std.mem.findScalar(u8, path, '.') orelse path.len;
        var changed = try itemOf(map.arena, value, @intCast(depth));
        if (dot < path.len) changed = try edit(map.arena, map.field(path[0..dot]), path[dot + 1 ..], changed);
        try map.put(path[0..dot], changed);
    }

    /// Put a value at a key, dots and all.
    pub fn setField(map: *Map, key: []const u8, value: anytype) SetError!void {
        try map.put(key, try itemOf(map.arena, value, 2));
    }

    /// Take away what is at a path, if anything is.
    pub fn remove(map: *Map, path: []const u8) SetError!void {
        if (map.find(path) == null) return;
        const dot = std.mem.findScalar(u8, path, '.') orelse return map.put(path, null);
        try map.put(path[0..dot], try edit(map.arena, map.field(path[0..dot]), path[dot + 1 ..], null));
    }

    /// Take away a key, dots and all, if it is there.
    pub fn removeField(map: *Map, key: []const u8) SetError!void {
        if (map.field(key) != null) try map.put(key, null);
    }

    /// The map as an item, changes joined.
    pub fn joined(map: Map) Allocator.Error!Item {
        if (map.changes == null) return map.item();
        return .{ .encoded = try encoding.encode(map.arena, map) };
    }

    fn item(map: Map) Item {
        return .{ .encoded = map.encoded };
    }

    fn put(map: *Map, key: []const u8, value: ?Item) SetError!void {
        if (map.change_count == most_changes) {
            map.encoded = (try map.joined()).encoded;
            map.changes = null;
            map.change_count = 0;
        }
        if (!bytes_of.isUtf8(key)) return failure.record(error.Malformed, &.{ map.name, ": a key is no UTF-8" });
        const node = try map.arena.create(Change);
        node.* = .{ .key = try map.arena.dupe(u8, key), .value = value, .older = map.changes };
        map.changes = node;
        map.change_count += 1;
    }

    /// The changed value of a key: null when it was not changed.
    fn changeOf(map: Map, key: []const u8) ?*const Change {
        var change = map.changes;
        while (change) |newer| : (change = newer.older) if (bytes_of.same(newer.key, key)) return newer;
        return null;
    }

    /// Write the map with its changes: keys that were there keep their place, new ones follow in the order they came.
    pub fn writeCbor(map: Map, encoder: *Encoder) void {
        // By the pointer a guest that changes nothing goes without the code for changes.
        if (map.changes) |newest| newest.write(map, encoder) else encoder.raw(map.encoded);
    }

    fn writeChanged(map: Map, encoder: *Encoder) void {
        var added: [most_changes]*const Change = undefined;
        var added_count: usize = 0;
        var node = map.changes;
        while (node) |newer| : (node = newer.older) {
            if (newer.value == null or map.changeOf(newer.key) != newer or map.item().get(newer.key) != null) continue;
            added[added_count] = newer;
            added_count += 1;
        }
        var total = added_count;
        var pairs = map.item().entries();
        while (pairs.next()) |entry| {
            if (map.changeOf(entry.key)) |found| if (found.value == null) continue;
            total += 1;
        }
        encoder.head(.map, total);
        pairs = map.item().entries();
        while (pairs.next()) |entry| {
            const value = if (map.changeOf(entry.key)) |found| found.value orelse continue else entry.value;
            pair(encoder, entry.key, value);
        }
        while (added_count > 0) {
            added_count -= 1;
            pair(encoder, added[added_count].key, added[added_count].value.?);
        }
    }
};

fn pair(encoder: *Encoder, key: []const u8, value: Item) void {
    encoder.string(.text, key);
    encoder.raw(value.encoded);
}

/// The item that a value is, `depth` containers down, judged as if it came from outside: so text is known to be UTF-8.
fn itemOf(arena: Allocator, value: anytype, depth: u8) reading.Error!Item {
    return reading.read(arena, try encoding.encode(arena, value), reading.max_depth - depth);
}

/// The map `old`, or a new one, with the value at the path put in or taken out.
fn edit(arena: Allocator, old: ?Item, path: []const u8, value: ?Item) Map.SetError!Item {
    const before = old orelse Item{ .encoded = Map.empty };
    if (before.kind() != .map) return failure.record(error.WrongType, &.{ "no map, but ", @tagName(before.kind()), " is in the way of ", path });
    const dot = std.mem.findScalar(u8, path, '.');
    const key = path[0 .. dot orelse path.len];
    const changed = if (dot) |at| try edit(arena, before.get(key), path[at + 1 ..], value) else value;
    const edited = Edited{ .before = before, .key = key, .had = before.get(key) != null, .value = changed };
    return .{ .encoded = try encoding.encode(arena, edited) };
}

/// A map with the value of one key put in, or taken out when it is null.
const Edited = struct {
    before: Item,
    key: []const u8,
    had: bool,
    value: ?Item,

    /// Write the map.
    pub fn writeCbor(edited: Edited, encoder: *Encoder) void {
        const others = edited.before.count() - @intFromBool(edited.had);
        encoder.head(.map, others + @intFromBool(edited.value != null));
        var pairs = edited.before.entries();
        while (pairs.next()) |entry| {
            const value = if (bytes_of.same(entry.key, edited.key)) edited.value orelse continue else entry.value;
            pair(encoder, entry.key, value);
        }
        if (!edited.had) if (edited.value) |new| pair(encoder, edited.key, new);
    }
};
