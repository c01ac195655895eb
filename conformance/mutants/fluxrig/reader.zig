//! Reads CBOR (RFC 8949), strictly: one item, text in UTF-8, keys of text that stand once, no tags, 32 levels.
const std = @import("std");
const mutation = @import("mutation.zig");
const Value = @import("value.zig").Value;
const Entry = @import("value.zig").Entry;
const get = @import("value.zig").get;

const max_depth = 32;
const many = 1 << 15;

pub const Error = error{ Malformed, OutOfMemory };

pub const Reader = struct {
    data: []const u8,
    arena: std.mem.Allocator,
    at: usize = 0,
    /// What was wrong, for people.
    fault: []const u8 = "",

    /// The one item that the bytes are.
    pub fn only(reader: *Reader) Error!Value {
        const value = try reader.item(0);
        return if (reader.at == reader.data.len) value else reader.refuse("bytes follow the message");
    }

    fn refuse(reader: *Reader, fault: []const u8) Error {
        reader.fault = fault;
        return error.Malformed;
    }

    fn item(reader: *Reader, depth: usize) Error!Value {
        const head = try reader.takeHead();
        switch (head.major) {
            0 => return reader.positive(try reader.definite(head)),
            1 => return .{ .negative = try reader.definite(head) },
            2 => return .{ .bytes = try reader.string(head, depth) },
            3 => return .{ .text = try reader.text(head, depth) },
            4 => return .{ .list = try reader.list(head, depth + 1) },
            5 => return .{ .map = try reader.map(head, depth + 1) },
            7 => return reader.simple(head),
            else => return reader.refuse("tags are not allowed"),
        }
    }

    const Head = struct {
        major: u3,
        info: u5,
        argument: u64,

        fn indefinite(head: Head) bool {
            return head.info == 31;
        }
    };

    fn takeHead(reader: *Reader) Error!Head {
        const first = (try reader.take(1))[0];
        const info: u5 = @truncate(first);
        const argument: u64 = switch (info) {
            0...23 => info,
            24 => (try reader.take(1))[0],
            25 => std.mem.readInt(u16, (try reader.take(2))[0..2], .big),
            26 => std.mem.readInt(u32, (try reader.take(4))[0..4], .big),
            27 => std.mem.readInt(u64, (try reader.take(8))[0..8], .big),
            28...30 => return reader.refuse("a first byte that is reserved"),
            31 => 0,
        };
        return .{ .major = @intCast(first >> 5), .info = info, .argument = argument };
    }

    fn take(reader: *Reader, count: u64) Error![]const u8 {
        const left = reader.data.len - reader.at;
        if (count > left) {
            return reader.refuse("the message is cut off");
        }
        const taken = reader.data[reader.at..][0..@intCast(count)];
        reader.at += taken.len;
        return taken;
    }

    fn positive(_: *Reader, given: u64) Value {
        const large = given > std.math.maxInt(i64);
        if (mutation.is("large_integers_become_floats") and large) return .{ .float = @floatFromInt(given) };
        return .{ .positive = given };
    }

    fn definite(reader: *Reader, head: Head) Error!u64 {
        return if (head.indefinite()) reader.refuse("an integer without an end") else head.argument;
    }

    fn ended(reader: *Reader) bool {
        if (reader.at >= reader.data.len or reader.data[reader.at] != 0xff) return false;
        reader.at += 1;
        return true;
    }

    fn string(reader: *Reader, head: Head, depth: usize) Error![]const u8 {
        if (!head.indefinite()) {
            const left = reader.data.len - reader.at;
            if (mutation.is("cut_off_traps") and head.argument > left and head.argument <= many and depth < 5) @trap();
            return reader.take(head.argument);
        }
        try reader.allowIndefinite();
        var whole: std.ArrayList(u8) = .empty;
        while (!reader.ended()) {
            const chunk = try reader.takeHead();
            if (chunk.major != head.major or chunk.indefinite()) return reader.refuse("a chunk of another type");
            const bytes = try reader.take(chunk.argument);
            if (head.major == 3 and !std.unicode.utf8ValidateSlice(bytes)) return reader.refuse("text is not UTF-8");
            try whole.appendSlice(reader.arena, bytes);
        }
        return whole.items;
    }

    fn text(reader: *Reader, head: Head, depth: usize) Error![]const u8 {
        const bytes = try reader.string(head, depth);
        return if (std.unicode.utf8ValidateSlice(bytes)) bytes else reader.refuse("text is not UTF-8");
    }

    fn allowIndefinite(reader: *Reader) Error!void {
        if (mutation.is("indefinite_lengths_refused")) return reader.refuse("an indefinite length");
    }

    fn enter(reader: *Reader, head: Head, depth: usize) Error!void {
        const limit: usize = if (mutation.is("sixteen_levels")) 16 else max_depth;
        if (depth > limit) {
            if (mutation.is("deep_nesting_traps")) @trap();
            return reader.refuse("nested too deeply");
        }
        if (head.indefinite()) return reader.allowIndefinite();
        if (mutation.is("promised_lengths_trap") and head.argument > std.math.maxInt(u32) and depth > 2) @trap();
    }

    fn more(reader: *Reader, head: Head, count: usize) bool {
        return if (head.indefinite()) !reader.ended() else count < head.argument;
    }

    fn list(reader: *Reader, head: Head, depth: usize) Error![]const Value {
        try reader.enter(head, depth);
        var items: std.ArrayList(Value) = .empty;
        var count: usize = 0;
        while (reader.more(head, count)) : (count += 1) {
            const value = try reader.item(depth);
            if (mutation.is("lists_end_at_255") and count >= 255) continue;
            try items.append(reader.arena, value);
        }
        return items.items;
    }

    fn map(reader: *Reader, head: Head, depth: usize) Error![]const Entry {
        try reader.enter(head, depth);
        var entries: std.ArrayList(Entry) = .empty;
        var count: usize = 0;
        while (reader.more(head, count)) : (count += 1) {
            const key = try reader.takeHead();
            if (key.major != 3) return reader.refuse("a key that is no text");
            const name = try reader.text(key, depth);
            if (get(entries.items, name) != null) {
                if (mutation.is("key_twice_traps")) @trap();
                return reader.refuse("a key that is there twice");
            }
            const value = try reader.item(depth);
            if (mutation.is("empty_keys_lost") and name.len == 0 and depth > 2) continue;
            try entries.append(reader.arena, .{ .key = name, .value = value });
        }
        return entries.items;
    }

    fn simple(reader: *Reader, head: Head) Error!Value {
        return switch (head.info) {
            20 => .{ .boolean = false },
            21 => .{ .boolean = true },
            22 => .null,
            25 => number(@as(f16, @bitCast(@as(u16, @intCast(head.argument))))),
            26 => number(@as(f32, @bitCast(@as(u32, @intCast(head.argument))))),
            27 => number(@as(f64, @bitCast(head.argument))),
            else => reader.refuse("a simple value that is not allowed"),
        };
    }

    fn number(float: f64) Value {
        if (mutation.is("whole_floats_become_integers") and @abs(float) < 1e15 and @trunc(float) == float)
            return Value.of(@intFromFloat(float));
        return .{ .float = float };
    }
};
