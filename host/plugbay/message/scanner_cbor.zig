//! Reads strict CBOR: heads, strings, keys and whole values, noting the first flaw and going on behind it.

const std = @import("std");
const memory = @import("scanner_memory.zig");

const Key = memory.Key;
const String = memory.String;

pub const max_depth = 32;
/// Containers deeper than `max_depth` are flawed but skipped; beyond this the item can't even be skipped.
const max_skip_depth = 512;
/// Up to so many keys of a map are compared one with another.
const few_keys = 16;

/// What an item is: a message, messages, or the first flaw found. `scanner.py` has the same list.
pub const Kind = enum(u8) {
    message,
    messages,
    other,
    tag,
    simple_value,
    integer_range,
    utf8,
    key_type,
    duplicate_key,
    nesting,
    field_type,
    hops,
    message_size,
    item_size,
};

/// Why an item's end was not found.
pub const Trouble = error{ Incomplete, Malformed, ItemSize, Nesting };

/// The first bytes of an item: its major type and its argument.
pub const Head = struct {
    major: u3,
    info: u5,
    argument: u64,

    pub fn indefinite(head: Head) bool {
        return head.info == 31;
    }

    pub fn isNull(head: Head) bool {
        return head.major == simple and head.info == 22;
    }
};

pub const unsigned = 0;
pub const negative = 1;
pub const byte_string = 2;
pub const text_string = 3;
pub const array_type = 4;
pub const map_type = 5;
pub const tag_type = 6;
pub const simple = 7;

/// What of a map's own texts counts toward the size of the message.
pub const Measure = enum { nothing, texts, only_texts };

/// Reads one item of the sequence, and remembers its first flaw.
pub const Reader = struct {
    at: u32,
    end: u32,
    /// An item that ends beyond this is too long.
    last: u64,
    flaw: ?Kind = null,
    size: u64 = 0,
    keys_open: usize = 0,

    /// A value that its field does not take.
    pub noinline fn wrong(self: *Reader, head: Head, depth: u32) Trouble!void {
        self.flag(.field_type);
        try self.rest(head, depth);
    }

    /// Any value inside `depth` containers.
    pub inline fn value(self: *Reader, depth: u32) Trouble!void {
        try self.rest(try self.next(), depth);
    }

    /// What follows the head of any value inside `depth` containers.
    pub inline fn rest(self: *Reader, head: Head, depth: u32) Trouble!void {
        switch (head.major) {
            unsigned => {},
            negative => if (head.argument > std.math.maxInt(i64)) self.flag(.integer_range),
            byte_string, text_string => _ = try self.string(head),
            else => try self.nested(head, depth),
        }
    }

    /// What follows the head of an array, a map, a tag or a simple value.
    pub noinline fn nested(self: *Reader, head: Head, depth: u32) Trouble!void {
        switch (head.major) {
            array_type => {
                try self.deeper(depth);
                var left = Left.of(head);
                while (try left.more(self)) try self.value(depth + 1);
            },
            map_type => try self.map(head, depth, .nothing),
            tag_type => {
                self.flag(.tag);
                try self.deeper(depth);
                try self.value(depth + 1);
            },
            else => switch (head.info) {
                20...22, 25...27 => {},
                31 => return error.Malformed,
                24 => if (head.argument < 32) return error.Malformed else self.flag(.simple_value),
                else => self.flag(.simple_value),
            },
        }
    }

    pub fn map(self: *Reader, map_head: Head, depth: u32, comptime measure: Measure) Trouble!void {
        try self.deeper(depth);
        const mark = self.keys_open;
        var left = Left.of(map_head);
        while (try left.more(self)) {
            if (try self.key(depth + 1)) |name| {
                self.open(mark, name);
                if (measure != .nothing) self.size += name.length;
            }
            const head = try self.next();
            if (measure != .nothing and head.major == text_string) {
                self.size += (try self.string(head)).length;
            } else if (measure == .only_texts) {
                try self.wrong(head, depth + 1);
            } else {
                try self.rest(head, depth + 1);
            }
        }
        self.close(mark);
    }

    pub fn deeper(self: *Reader, depth: u32) Trouble!void {
        if (depth >= max_depth) {
            self.flag(.nesting);
            if (depth >= max_skip_depth) return error.Nesting;
        }
    }

    /// The next key of a map; null when it is no text.
    pub inline fn key(self: *Reader, depth: u32) Trouble!?Key {
        const head = try self.next();
        if (head.major == text_string) return Key.of(try self.string(head));
        self.flag(.key_type);
        try self.rest(head, depth);
        return null;
    }

    /// Remember a key of the map whose keys start at `mark`.
    pub inline fn open(self: *Reader, mark: usize, name: Key) void {
        if (self.keys_open - mark < few_keys) {
            for (memory.keys[mark..self.keys_open]) |other| {
                if (name.equals(other)) self.flag(.duplicate_key);
            }
        }
        if (self.keys_open == memory.keys_capacity) memory.growKeys();
        memory.keys[self.keys_open] = name;
        self.keys_open += 1;
    }

    /// Forget the keys of the map that ends here.
    pub fn close(self: *Reader, mark: usize) void {
        const own = memory.keys[mark..self.keys_open];
        self.keys_open = mark;
        if (own.len <= few_keys) return;
        std.sort.heap(Key, own, {}, Key.before);
        for (own[0 .. own.len - 1], own[1..]) |one, other| {
            if (one.equals(other)) return self.flag(.duplicate_key);
        }
    }

    /// The content of a byte or text string.
    pub inline fn string(self: *Reader, head: Head) Trouble!String {
        return if (head.indefinite()) self.chunks(head) else self.take(head);
    }

    /// The content of an indefinite string; its chunks are moved together, in our copy of the bytes.
    pub noinline fn chunks(self: *Reader, head: Head) Trouble!String {
        const start = self.at;
        var length: u32 = 0;
        while (true) {
            const chunk = try self.nextOrBreak() orelse return .{ .start = start, .length = length };
            if (chunk.major != head.major or chunk.indefinite()) return error.Malformed;
            const content = try self.take(chunk);
            std.mem.copyForwards(u8, memory.bytes[start + length ..][0..content.length], content.slice());
            length += content.length;
        }
    }

    pub inline fn take(self: *Reader, head: Head) Trouble!String {
        if (head.argument > self.end - self.at) {
            return if (head.argument > self.last -| self.at) error.ItemSize else error.Incomplete;
        }
        const content = String{ .start = self.at, .length = @intCast(head.argument) };
        self.at += content.length;
        if (head.major == text_string and !memory.validText(content.slice())) self.flag(.utf8);
        return content;
    }

    pub inline fn next(self: *Reader) Trouble!Head {
        if (self.at == self.end) return error.Incomplete;
        const initial = memory.bytes[self.at];
        const major: u3 = @intCast(initial >> 5);
        const info: u5 = @truncate(initial);
        self.at += 1;
        return .{ .major = major, .info = info, .argument = if (info < 24) info else try self.argument(major, info) };
    }

    /// The argument of a head whose first byte has just been read; 0 for an indefinite length.
    pub noinline fn argument(self: *Reader, major: u3, info: u5) Trouble!u64 {
        if (info == 31 and major >= byte_string and major <= map_type) return 0;
        if (info > 27) {
            self.at -= 1;
            return error.Malformed;
        }
        const width = @as(u32, 1) << @intCast(info - 24);
        if (self.end - self.at < width) return error.Incomplete;
        const place = memory.bytes + self.at;
        self.at += width;
        return switch (width) {
            1 => place[0],
            2 => std.mem.readInt(u16, place[0..2], .big),
            4 => std.mem.readInt(u32, place[0..4], .big),
            else => std.mem.readInt(u64, place[0..8], .big),
        };
    }

    /// The next head; null for the break that ends an indefinite item.
    pub fn nextOrBreak(self: *Reader) Trouble!?Head {
        if (self.at < self.end and memory.bytes[self.at] == 0xff) {
            self.at += 1;
            return null;
        }
        return try self.next();
    }

    pub fn flag(self: *Reader, kind: Kind) void {
        @branchHint(.cold);
        if (self.flaw == null) self.flaw = kind;
    }
};

/// Elements of an array or pairs of a map that are still to come.
pub const Left = struct {
    count: u64,
    indefinite: bool,

    pub fn of(head: Head) Left {
        return .{ .count = head.argument, .indefinite = head.indefinite() };
    }

    pub fn more(left: *Left, reader: *Reader) Trouble!bool {
        if (left.indefinite) {
            if (reader.at == reader.end) return error.Incomplete;
            if (memory.bytes[reader.at] != 0xff) return true;
            reader.at += 1;
            return false;
        }
        if (left.count == 0) return false;
        left.count -= 1;
        return true;
    }
};
