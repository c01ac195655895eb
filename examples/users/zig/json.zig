//! Reads JSON (RFC 8259) from the left, without building a tree.
const std = @import("std");
const Allocator = std.mem.Allocator;

pub const Error = error{ Invalid, OutOfMemory };

/// A string that was read: what stands between its quotes, escapes and all. It is valid.
pub const Text = struct {
    raw: []const u8,

    pub fn says(text: Text, word: []const u8) bool {
        var reader = Reader{ .left = text.raw, .gpa = undefined };
        for (word) |byte| if (reader.character() catch unreachable != byte) return false;
        return reader.left.len == 0;
    }

    /// Writes it with no more escapes than JSON asks for. It never gets longer by that.
    pub fn write(text: Text, out: *std.ArrayList(u8)) void {
        var reader = Reader{ .left = text.raw, .gpa = undefined };
        out.appendAssumeCapacity('"');
        while (reader.left.len > 0) write_character(out, (reader.character() catch unreachable).?);
        out.appendAssumeCapacity('"');
    }
};

fn write_character(out: *std.ArrayList(u8), value: u21) void {
    switch (value) {
        '"', '\\' => out.appendSliceAssumeCapacity(&.{ '\\', @intCast(value) }),
        0x08 => out.appendSliceAssumeCapacity("\\b"),
        0x0c => out.appendSliceAssumeCapacity("\\f"),
        '\n' => out.appendSliceAssumeCapacity("\\n"),
        '\r' => out.appendSliceAssumeCapacity("\\r"),
        '\t' => out.appendSliceAssumeCapacity("\\t"),
        0...7, 0x0b, 0x0e...0x1f => {
            const digits = "0123456789abcdef";
            out.appendSliceAssumeCapacity(&.{ '\\', 'u', '0', '0', digits[value >> 4], digits[value & 15] });
        },
        else => {
            var bytes: [4]u8 = undefined;
            const length = std.unicode.utf8Encode(value, &bytes) catch unreachable;
            out.appendSliceAssumeCapacity(bytes[0..length]);
        },
    }
}

pub const Reader = struct {
    left: []const u8,
    gpa: Allocator,
    /// For each open container of a value that is skipped: is it an object?
    open: std.DynamicBitSetUnmanaged = .{},

    pub fn deinit(reader: *Reader) void {
        reader.open.deinit(reader.gpa);
    }

    pub fn space(reader: *Reader) void {
        reader.left = std.mem.trimStart(u8, reader.left, " \n\r\t");
    }

    /// Whether the next byte is this one, which is then read.
    pub fn take(reader: *Reader, byte: u8) bool {
        if (reader.left.len == 0 or reader.left[0] != byte) return false;
        reader.left = reader.left[1..];
        return true;
    }

    pub fn need(reader: *Reader, byte: u8) Error!void {
        if (!reader.take(byte)) return error.Invalid;
    }

    /// A whole string, quotes included.
    pub fn string(reader: *Reader) Error!Text {
        try reader.need('"');
        const start = reader.left;
        while (try reader.character()) |_| {}
        return .{ .raw = start[0 .. start.len - reader.left.len - 1] };
    }

    /// Any value at all. Texts in it need not be UTF-8. It calls no function for a value within the value, so nothing is
    /// nested too deeply.
    pub fn skip(reader: *Reader) Error!void {
        var depth: usize = 0;
        while (true) {
            reader.space();
            var empty = true;
            const object = reader.take('{');
            if (object or reader.take('[')) {
                try reader.push(depth, object);
                depth += 1;
            } else {
                try reader.scalar();
                empty = false;
            }
            while (depth > 0) : (empty = false) {
                reader.space();
                if (!reader.take(if (reader.open.isSet(depth - 1)) '}' else ']')) break;
                depth -= 1;
            }
            if (depth == 0) return;
            if (!empty) try reader.need(',');
            if (!reader.open.isSet(depth - 1)) continue;
            reader.space();
            try reader.skip_string();
            reader.space();
            try reader.need(':');
        }
    }

    fn push(reader: *Reader, depth: usize, object: bool) Error!void {
        if (depth == reader.open.bit_length) try reader.open.resize(reader.gpa, @max(64, 2 * depth), false);
        reader.open.setValue(depth, object);
    }

    fn next(reader: *Reader) Error!u8 {
        if (reader.left.len == 0) return error.Invalid;
        defer reader.left = reader.left[1..];
        return reader.left[0];
    }

    /// The next character of a string; null after its last quote.
    fn character(reader: *Reader) Error!?u21 {
        const first = try reader.next();
        switch (first) {
            '"' => return null,
            '\\' => return try reader.escaped(),
            0...0x1f => return error.Invalid,
            else => {},
        }
        const more = (std.unicode.utf8ByteSequenceLength(first) catch return error.Invalid) - 1;
        if (more == 0) return first;
        if (reader.left.len < more) return error.Invalid;
        var bytes: [4]u8 = .{ first, 0, 0, 0 };
        @memcpy(bytes[1..][0..more], reader.left[0..more]);
        reader.left = reader.left[more..];
        return std.unicode.utf8Decode(bytes[0 .. more + 1]) catch error.Invalid;
    }

    /// What a backslash begins; characters beyond the first 65536 are two escapes.
    fn escaped(reader: *Reader) Error!u21 {
        const letter = try reader.next();
        switch (letter) {
            '"', '\\', '/' => return letter,
            'b' => return 0x08,
            'f' => return 0x0c,
            'n' => return '\n',
            'r' => return '\r',
            't' => return '\t',
            'u' => {},
            else => return error.Invalid,
        }
        const high = try reader.four_digits();
        if (!std.unicode.isSurrogateCodepoint(high)) return high;
        if (!std.unicode.utf16IsHighSurrogate(high)) return error.Invalid;
        try reader.need('\\');
        try reader.need('u');
        return std.unicode.utf16DecodeSurrogatePair(&.{ high, try reader.four_digits() }) catch error.Invalid;
    }

    fn four_digits(reader: *Reader) Error!u16 {
        var value: u16 = 0;
        for (0..4) |_| {
            const digit = std.fmt.charToDigit(try reader.next(), 16) catch return error.Invalid;
            value = value << 4 | digit;
        }
        return value;
    }

    fn scalar(reader: *Reader) Error!void {
        if (reader.left.len == 0) return error.Invalid;
        switch (reader.left[0]) {
            '"' => try reader.skip_string(),
            't' => try reader.word("true"),
            'f' => try reader.word("false"),
            'n' => try reader.word("null"),
            else => try reader.number(),
        }
    }

    fn skip_string(reader: *Reader) Error!void {
        try reader.need('"');
        while (true) switch (try reader.next()) {
            '"' => return,
            '\\' => if (reader.take('u')) {
                _ = try reader.four_digits();
            } else {
                _ = try reader.escaped();
            },
            0...0x1f => return error.Invalid,
            else => {},
        };
    }

    fn word(reader: *Reader, expected: []const u8) Error!void {
        for (expected) |byte| try reader.need(byte);
    }

    fn number(reader: *Reader) Error!void {
        _ = reader.take('-');
        if (!reader.take('0')) try reader.digits();
        if (reader.take('.')) try reader.digits();
        if (!reader.take('e') and !reader.take('E')) return;
        if (!reader.take('+')) _ = reader.take('-');
        try reader.digits();
    }

    fn digits(reader: *Reader) Error!void {
        const rest = std.mem.trimStart(u8, reader.left, "0123456789");
        if (rest.len == reader.left.len) return error.Invalid;
        reader.left = rest;
    }
};
