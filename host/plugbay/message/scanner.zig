//! Finds the items of a CBOR sequence and judges each: is it a fluxMsg that `cbor.decode` would accept?
//!
//! The rules are those at the top of `cbor.py`; a test holds the two together. The scanner only says yes or the first
//! flaw; `cbor.decode` says the rest. It imports nothing, and its work is linear in the bytes but for maps of more than
//! `few_keys` keys, whose keys are sorted to find those that stand twice.
//!
//! The host asks for a `buffer`, writes the bytes there, calls `scan` and reads `report`, `ends` and `kinds`.

const std = @import("std");

/// What an item is: a message, messages, or the first flaw found. `scanner.py` has the same list.
const Kind = enum(u8) {
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

/// Why the scan ended where it did. `scanner.py` has the same list.
const Stop = enum(u32) { done, full, incomplete, malformed, item_size, nesting };

const Trouble = error{ Incomplete, Malformed, ItemSize, Nesting };

const max_depth = 32;
const max_hops = 64;
const max_message_bytes = 2 * 1024 * 1024;
/// Containers deeper than `max_depth` are flawed but skipped; beyond this the item can't even be skipped.
const max_skip_depth = 512;
/// Up to so many keys of a map are compared one with another.
const few_keys = 16;
const capacity = 32768;
const page = 65536;

const Report = extern struct { count: u32, consumed: u32, stop: Stop, stopped_at: u32 };

var report_area: Report = undefined;
var ends_area: [capacity]u32 = undefined;
var kinds_area: [capacity]Kind = undefined;

extern var __heap_base: u8;
/// The input. It starts where the linker's own data ends, an address that compiles to a constant.
const bytes: [*]u8 = @ptrCast(&__heap_base);
var keys: [*]Key = undefined;
var keys_capacity: usize = 0;

export fn report() *Report {
    return &report_area;
}

export fn ends() [*]u32 {
    return &ends_area;
}

export fn kinds() [*]Kind {
    return &kinds_area;
}

/// Room for `length` bytes to scan; null when there is no memory for them.
export fn buffer(length: u32) ?[*]u8 {
    const first_key = std.mem.alignForward(u64, @intFromPtr(bytes) + @as(u64, length), 16);
    if (!reserve(first_key + page)) return null;
    keys = @ptrFromInt(@as(usize, @intCast(first_key)));
    keys_capacity = (@wasmMemorySize(0) * page - @as(usize, @intCast(first_key))) / @sizeOf(Key);
    return bytes;
}

fn reserve(end: u64) bool {
    const pages: u64 = std.math.divCeil(u64, end, page) catch return false;
    const present = @wasmMemorySize(0);
    return pages <= present or (pages < page and @wasmMemoryGrow(0, @intCast(pages - present)) >= 0);
}

/// Scan the items in `bytes[from..length]`; an item of more than `limit` bytes is flawed.
export fn scan(from: u32, length: u32, limit: u32) void {
    var count: u32 = 0;
    var start = from;
    var stop = Stop.done;
    var at = from;
    while (start < length) {
        if (count == capacity) {
            stop = .full;
            break;
        }
        var scanner = Scanner{ .at = start, .end = length, .last = @as(u64, start) + limit };
        const kind = scanner.item() catch |trouble| {
            at = scanner.at;
            stop = switch (trouble) {
                error.Malformed => .malformed,
                error.Nesting => .nesting,
                error.ItemSize => .item_size,
                error.Incomplete => if (length > scanner.last) .item_size else .incomplete,
            };
            break;
        };
        ends_area[count] = scanner.at;
        kinds_area[count] = if (scanner.at > scanner.last) .item_size else kind;
        count += 1;
        start = scanner.at;
    }
    report_area = .{ .count = count, .consumed = start, .stop = stop, .stopped_at = at };
}

/// A text key of an open map, as a place in `bytes`; its first bytes too, which tell most keys apart.
const Key = struct {
    start: u32,
    length: u32,
    prefix: u64,

    fn of(content: String) Key {
        return .{ .start = content.start, .length = content.length, .prefix = firstBytes(content.slice()) };
    }

    fn slice(key: Key) []const u8 {
        return bytes[key.start..][0..key.length];
    }

    fn equals(key: Key, other: Key) bool {
        return key.prefix == other.prefix and key.length == other.length and
            (key.length <= 8 or std.mem.eql(u8, key.slice(), other.slice()));
    }

    fn before(_: void, key: Key, other: Key) bool {
        return if (key.length == other.length) std.mem.lessThan(u8, key.slice(), other.slice()) else key.length < other.length;
    }
};

/// The content of a string, as a place in `bytes`.
const String = struct {
    start: u32,
    length: u32,

    fn slice(string: String) []const u8 {
        return bytes[string.start..][0..string.length];
    }
};

/// The first bytes of an item: its major type and its argument.
const Head = struct {
    major: u3,
    info: u5,
    argument: u64,

    fn indefinite(head: Head) bool {
        return head.info == 31;
    }

    fn isNull(head: Head) bool {
        return head.major == simple and head.info == 22;
    }
};

const unsigned = 0;
const negative = 1;
const byte_string = 2;
const text_string = 3;
const array_type = 4;
const map_type = 5;
const tag_type = 6;
const simple = 7;

/// What of a map's own texts counts toward the size of the message.
const Measure = enum { nothing, texts, only_texts };

const Scanner = struct {
    at: u32,
    end: u32,
    /// An item that ends beyond this is too long.
    last: u64,
    flaw: ?Kind = null,
    size: u64 = 0,
    keys_open: usize = 0,

    fn item(self: *Scanner) Trouble!Kind {
        const head = try self.next();
        const kind: Kind = switch (head.major) {
            map_type => kind: {
                try self.message(head);
                break :kind .message;
            },
            array_type => kind: {
                var left = Left.of(head);
                while (try left.more(self)) try self.element();
                break :kind .messages;
            },
            else => kind: {
                try self.rest(head, 0);
                break :kind .other;
            },
        };
        return self.flaw orelse kind;
    }

    fn element(self: *Scanner) Trouble!void {
        const head = try self.next();
        if (head.major == map_type) return self.message(head);
        self.flag(.other);
        try self.rest(head, 1);
    }

    fn message(self: *Scanner, map_head: Head) Trouble!void {
        const mark = self.keys_open;
        var seen: u16 = 0;
        self.size = 0;
        var left = Left.of(map_head);
        while (try left.more(self)) {
            const name = try self.key(1) orelse {
                try self.value(1);
                continue;
            };
            const field = Field.of(name) orelse {
                self.open(mark, name);
                try self.value(1);
                continue;
            };
            const bit = @as(u16, 1) << @backingInt(field);
            if (seen & bit != 0) self.flag(.duplicate_key);
            seen |= bit;
            try self.readField(field);
        }
        self.close(mark);
        if (self.size > max_message_bytes) self.flag(.message_size);
    }

    inline fn readField(self: *Scanner, field: Field) Trouble!void {
        const head = try self.next();
        switch (field) {
            .id, .ref_id, .src_id => try self.entityId(head, 1),
            .trace => if (head.major == text_string) {
                _ = try self.string(head);
            } else try self.wrong(head, 1),
            .meta => if (head.major == map_type) {
                try self.map(head, 1, .only_texts);
            } else if (!head.isNull()) try self.wrong(head, 1),
            .data => if (head.major == map_type) {
                try self.map(head, 1, .texts);
            } else if (!head.isNull()) try self.wrong(head, 1),
            .flags => if (head.major != unsigned or head.argument > std.math.maxInt(u32)) try self.wrong(head, 1),
            .raw => if (head.major == byte_string) {
                self.size += (try self.string(head)).length;
            } else if (!head.isNull()) try self.wrong(head, 1),
            .path => if (head.major == array_type) {
                try self.hops(head);
            } else if (!head.isNull()) try self.wrong(head, 1),
            .ts => try self.int64(head, 1),
        }
    }

    fn hops(self: *Scanner, array: Head) Trouble!void {
        var count: u32 = 0;
        var left = Left.of(array);
        while (try left.more(self)) {
            count += 1;
            const head = try self.next();
            if (head.major == map_type) try self.hop(head) else try self.wrong(head, 2);
        }
        if (count > max_hops) self.flag(.hops);
    }

    fn hop(self: *Scanner, map_head: Head) Trouble!void {
        const mark = self.keys_open;
        var left = Left.of(map_head);
        while (try left.more(self)) {
            const name = try self.key(3) orelse {
                try self.value(3);
                continue;
            };
            self.open(mark, name);
            const letter = if (name.length == 1) bytes[name.start] else 0;
            switch (letter) {
                'g', 'p' => try self.entityId(try self.next(), 3),
                't' => try self.int64(try self.next(), 3),
                else => try self.value(3),
            }
        }
        self.close(mark);
    }

    inline fn entityId(self: *Scanner, head: Head, depth: u32) Trouble!void {
        if (head.major != byte_string) return self.wrong(head, depth);
        if ((try self.string(head)).length != 16) self.flag(.field_type);
    }

    fn int64(self: *Scanner, head: Head, depth: u32) Trouble!void {
        if (head.major > negative or head.argument > std.math.maxInt(i64)) try self.wrong(head, depth);
    }

    /// A value that its field does not take.
    noinline fn wrong(self: *Scanner, head: Head, depth: u32) Trouble!void {
        self.flag(.field_type);
        try self.rest(head, depth);
    }

    /// Any value inside `depth` containers.
    inline fn value(self: *Scanner, depth: u32) Trouble!void {
        try self.rest(try self.next(), depth);
    }

    /// What follows the head of any value inside `depth` containers.
    inline fn rest(self: *Scanner, head: Head, depth: u32) Trouble!void {
        switch (head.major) {
            unsigned => {},
            negative => if (head.argument > std.math.maxInt(i64)) self.flag(.integer_range),
            byte_string, text_string => _ = try self.string(head),
            else => try self.nested(head, depth),
        }
    }

    noinline fn nested(self: *Scanner, head: Head, depth: u32) Trouble!void {
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

    fn map(self: *Scanner, map_head: Head, depth: u32, comptime measure: Measure) Trouble!void {
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

    fn deeper(self: *Scanner, depth: u32) Trouble!void {
        if (depth >= max_depth) {
            self.flag(.nesting);
            if (depth >= max_skip_depth) return error.Nesting;
        }
    }

    /// The next key of a map; null when it is no text.
    inline fn key(self: *Scanner, depth: u32) Trouble!?Key {
        const head = try self.next();
        if (head.major == text_string) return Key.of(try self.string(head));
        self.flag(.key_type);
        try self.rest(head, depth);
        return null;
    }

    /// Remember a key of the map whose keys start at `mark`.
    inline fn open(self: *Scanner, mark: usize, name: Key) void {
        if (self.keys_open - mark < few_keys) {
            for (keys[mark..self.keys_open]) |other| {
                if (name.equals(other)) self.flag(.duplicate_key);
            }
        }
        if (self.keys_open == keys_capacity) {
            // Keys take less room than 8 times the buffer, which the host bounds; no memory is a trap, never a wrong answer.
            if (@wasmMemoryGrow(0, 16) < 0) @trap();
            keys_capacity += 16 * page / @sizeOf(Key);
        }
        keys[self.keys_open] = name;
        self.keys_open += 1;
    }

    /// Forget the keys of the map that ends here.
    fn close(self: *Scanner, mark: usize) void {
        const own = keys[mark..self.keys_open];
        self.keys_open = mark;
        if (own.len <= few_keys) return;
        std.sort.heap(Key, own, {}, Key.before);
        for (own[0 .. own.len - 1], own[1..]) |one, other| {
            if (one.equals(other)) return self.flag(.duplicate_key);
        }
    }

    /// The content of a byte or text string.
    inline fn string(self: *Scanner, head: Head) Trouble!String {
        return if (head.indefinite()) self.chunks(head) else self.take(head);
    }

    /// The content of an indefinite string; its chunks are moved together, in our copy of the bytes.
    noinline fn chunks(self: *Scanner, head: Head) Trouble!String {
        const start = self.at;
        var length: u32 = 0;
        while (true) {
            const chunk = try self.nextOrBreak() orelse return .{ .start = start, .length = length };
            if (chunk.major != head.major or chunk.indefinite()) return error.Malformed;
            const content = try self.take(chunk);
            std.mem.copyForwards(u8, bytes[start + length ..][0..content.length], content.slice());
            length += content.length;
        }
    }

    inline fn take(self: *Scanner, head: Head) Trouble!String {
        if (head.argument > self.end - self.at) {
            return if (head.argument > self.last -| self.at) error.ItemSize else error.Incomplete;
        }
        const content = String{ .start = self.at, .length = @intCast(head.argument) };
        self.at += content.length;
        if (head.major == text_string and !validText(content.slice())) self.flag(.utf8);
        return content;
    }

    inline fn next(self: *Scanner) Trouble!Head {
        if (self.at == self.end) return error.Incomplete;
        const initial = bytes[self.at];
        const major: u3 = @intCast(initial >> 5);
        const info: u5 = @truncate(initial);
        self.at += 1;
        return .{ .major = major, .info = info, .argument = if (info < 24) info else try self.argument(major, info) };
    }

    /// The argument of a head whose first byte has just been read; 0 for an indefinite length.
    noinline fn argument(self: *Scanner, major: u3, info: u5) Trouble!u64 {
        if (info == 31 and major >= byte_string and major <= map_type) return 0;
        if (info > 27) {
            self.at -= 1;
            return error.Malformed;
        }
        const width = @as(u32, 1) << @intCast(info - 24);
        if (self.end - self.at < width) return error.Incomplete;
        const place = bytes + self.at;
        self.at += width;
        return switch (width) {
            1 => place[0],
            2 => std.mem.readInt(u16, place[0..2], .big),
            4 => std.mem.readInt(u32, place[0..4], .big),
            else => std.mem.readInt(u64, place[0..8], .big),
        };
    }

    /// The next head; null for the break that ends an indefinite item.
    fn nextOrBreak(self: *Scanner) Trouble!?Head {
        if (self.at < self.end and bytes[self.at] == 0xff) {
            self.at += 1;
            return null;
        }
        return try self.next();
    }

    fn flag(self: *Scanner, kind: Kind) void {
        @branchHint(.cold);
        if (self.flaw == null) self.flaw = kind;
    }
};

/// Elements of an array or pairs of a map that are still to come.
const Left = struct {
    count: u64,
    indefinite: bool,

    fn of(head: Head) Left {
        return .{ .count = head.argument, .indefinite = head.indefinite() };
    }

    fn more(left: *Left, scanner: *Scanner) Trouble!bool {
        if (left.indefinite) {
            if (scanner.at == scanner.end) return error.Incomplete;
            if (bytes[scanner.at] != 0xff) return true;
            scanner.at += 1;
            return false;
        }
        if (left.count == 0) return false;
        left.count -= 1;
        return true;
    }
};

const Field = enum(u4) {
    id,
    ref_id,
    trace,
    src_id,
    meta,
    data,
    flags,
    raw,
    path,
    ts,

    fn of(name: Key) ?Field {
        if (name.length > 8) return null;
        inline for (comptime std.meta.tags(Field)) |field| {
            const text = comptime @tagName(field);
            if (name.length == text.len and name.prefix == comptime firstBytes(text)) return field;
        }
        return null;
    }
};

/// Up to 8 bytes as a number, zeros for those that are not there. Reads 8 in any case: `bytes` has room behind its end.
fn firstBytes(text: []const u8) u64 {
    if (@inComptime()) {
        var padded: [8]u8 = @splat(0);
        @memcpy(padded[0..text.len], text);
        return std.mem.readInt(u64, &padded, .little);
    }
    const word = std.mem.readInt(u64, text.ptr[0..8], .little);
    return if (text.len >= 8) word else word & ((@as(u64, 1) << @intCast(8 * text.len)) - 1);
}

fn validText(text: []const u8) bool {
    var seen: u64 = 0;
    var place: usize = 0;
    while (place + 8 <= text.len) : (place += 8) {
        seen |= std.mem.readInt(u64, text[place..][0..8], .little);
    }
    if (place < text.len) seen |= firstBytes(text[place..]);
    const ascii = seen & 0x8080808080808080 == 0;
    return ascii or @call(.never_inline, std.unicode.utf8ValidateSlice, .{text});
}
