//! Judges JSON (RFC 8259): one value, in UTF-8, with no half surrogates, nested at most 128 deep. No recursion.
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");

/// Containers that a value may nest.
pub const max_depth = 128;

/// The text is no JSON. The reason is recorded.
pub const Error = error{NotJson};

/// The one value that a text is, without white space around it.
pub fn judge(text: []const u8) Error![]const u8 {
    var scanner = Scanner{ .text = text };
    return scanner.whole() orelse failure.keep(error.NotJson, scanner.flaw);
}

/// `judge` for texts of the program.
pub fn valueIn(text: []const u8) ?[]const u8 {
    var scanner = Scanner{ .text = text };
    return scanner.whole();
}

/// Where the value that starts at `at` ends. The text must have been judged.
pub fn endOf(text: []const u8, at: usize) usize {
    var depth: usize = 0;
    var here = at;
    while (true) {
        switch (text[here]) {
            '{', '[' => depth += 1,
            '}', ']' => depth -= 1,
            '"' => here = endOfString(text, here) - 1,
            else => {},
        }
        here += 1;
        if (depth > 0) continue;
        if (text[at] == '{' or text[at] == '[' or text[at] == '"') return here;
        while (here < text.len and !ends(text[here])) here += 1;
        return here;
    }
}

/// Where the string that starts at `at` ends, behind its quote. The text must have been judged.
pub fn endOfString(text: []const u8, at: usize) usize {
    var here = at + 1;
    while (text[here] != '"') here += if (text[here] == '\\') 2 else 1;
    return here + 1;
}

fn ends(byte: u8) bool {
    return isSpace(byte) or byte == ',' or byte == ']' or byte == '}';
}

/// Whether JSON takes the byte for white space.
pub fn isSpace(byte: u8) bool {
    return byte == ' ' or byte == '\n' or byte == '\r' or byte == '\t';
}

const no_value: []const u8 = "it is not JSON: no value has this form";
const cut_short: []const u8 = "it is not JSON: cut short";

const Scanner = struct {
    text: []const u8,
    at: usize = 0,
    flaw: []const u8 = no_value,

    fn whole(scanner: *Scanner) ?[]const u8 {
        if (!bytes_of.isUtf8(scanner.text)) {
            scanner.flaw = "it is not JSON: text that is no UTF-8";
            return null;
        }
        scanner.space();
        const start = scanner.at;
        if (!scanner.value()) return null;
        const end = scanner.at;
        scanner.space();
        if (scanner.at == scanner.text.len) return scanner.text[start..end];
        scanner.flaw = "it is not JSON: something follows the value";
        return null;
    }

    fn space(scanner: *Scanner) void {
        while (scanner.at < scanner.text.len and isSpace(scanner.text[scanner.at])) scanner.at += 1;
    }

    fn take(scanner: *Scanner, byte: u8) bool {
        const there = scanner.at < scanner.text.len and scanner.text[scanner.at] == byte;
        scanner.at += @intFromBool(there);
        return there;
    }

    /// One bit for each container that is open: is it an object?
    fn value(scanner: *Scanner) bool {
        var open: [max_depth]bool = undefined;
        var depth: usize = 0;
        while (true) {
            scanner.space();
            var empty = false;
            const object = scanner.take('{');
            if (object or scanner.take('[')) {
                if (depth == max_depth) return scanner.fail("it is not JSON: nested too deep");
                open[depth] = object;
                depth += 1;
                empty = true;
            } else if (!scanner.scalar()) return false;
            while (depth > 0) : (empty = false) {
                scanner.space();
                if (!scanner.take(if (open[depth - 1]) '}' else ']')) break;
                depth -= 1;
            }
            if (depth == 0) return true;
            if (!empty and !scanner.take(',')) return scanner.expected("a comma or an end was expected");
            if (open[depth - 1]) {
                scanner.space();
                if (!scanner.string()) return scanner.expected("a key was expected");
                scanner.space();
                if (!scanner.take(':')) return scanner.expected("a colon was expected");
            }
        }
    }

    fn fail(scanner: *Scanner, flaw: []const u8) bool {
        scanner.flaw = flaw;
        return false;
    }

    /// Say what should stand here, unless a flaw was found before or the text ends.
    fn expected(scanner: *Scanner, comptime what: []const u8) bool {
        if (scanner.at == scanner.text.len) return scanner.fail(cut_short);
        if (scanner.flaw.ptr == no_value.ptr) scanner.flaw = "it is not JSON: " ++ what;
        return false;
    }

    fn scalar(scanner: *Scanner) bool {
        if (scanner.at == scanner.text.len) return scanner.fail(cut_short);
        return switch (scanner.text[scanner.at]) {
            '"' => scanner.string(),
            't' => scanner.word("true"),
            'f' => scanner.word("false"),
            'n' => scanner.word("null"),
            '-', '0'...'9' => scanner.number() or scanner.expected("a number was expected to have digits"),
            else => false,
        };
    }

    fn word(scanner: *Scanner, letters: []const u8) bool {
        const rest = scanner.text[scanner.at..];
        if (rest.len < letters.len or !bytes_of.same(rest[0..letters.len], letters)) return false;
        scanner.at += letters.len;
        return true;
    }

    fn string(scanner: *Scanner) bool {
        if (!scanner.take('"')) return false;
        while (scanner.at < scanner.text.len) {
            const byte = scanner.text[scanner.at];
            scanner.at += 1;
            switch (byte) {
                '"' => return true,
                '\\' => if (!scanner.escape()) return false,
                0...0x1f => return scanner.fail("it is not JSON: a control character in a text"),
                else => {},
            }
        }
        return scanner.fail(cut_short);
    }

    fn escape(scanner: *Scanner) bool {
        if (scanner.at == scanner.text.len) return false;
        const letter = scanner.text[scanner.at];
        scanner.at += 1;
        if (bytes_of.indexOf("\"\\/bfnrt", letter) != null) return true;
        if (letter != 'u') return false;
        const high = scanner.digits() orelse return false;
        if (high & 0xf800 != 0xd800) return true;
        // A surrogate must be a high one, and a low one must follow.
        if (high >= 0xdc00 or !scanner.take('\\') or !scanner.take('u')) return scanner.fail("it is not JSON: half a character");
        const low = scanner.digits() orelse return false;
        return low & 0xfc00 == 0xdc00 or scanner.fail("it is not JSON: half a character");
    }

    fn digits(scanner: *Scanner) ?u16 {
        if (scanner.text.len - scanner.at < 4) return null;
        defer scanner.at += 4;
        return bytes_of.hex(scanner.text[scanner.at..][0..4]);
    }

    fn number(scanner: *Scanner) bool {
        _ = scanner.take('-');
        if (!scanner.take('0') and !scanner.decimals()) return false;
        if (scanner.take('.') and !scanner.decimals()) return false;
        if (!scanner.take('e') and !scanner.take('E')) return true;
        if (!scanner.take('+')) _ = scanner.take('-');
        return scanner.decimals();
    }

    fn decimals(scanner: *Scanner) bool {
        const start = scanner.at;
        while (scanner.at < scanner.text.len and scanner.text[scanner.at] -% '0' < 10) scanner.at += 1;
        return scanner.at > start;
    }
};
