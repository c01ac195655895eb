//! Zig values as JSON (RFC 8259), compact.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");
const Value = @import("value.zig").Value;

/// Why a value is no JSON: text that is no UTF-8, or a float that is no number. The reason is recorded.
pub const Error = error{ NotJson, OutOfMemory };

/// Writes JSON. Without `out` it only counts, so that what is written has its exact room.
pub const Writer = struct {
    /// Where bytes go; there must be room.
    out: ?[*]u8 = null,
    /// Bytes so far.
    size: usize = 0,
    /// What can't be written, if anything.
    flaw: ?[]const u8 = null,

    /// Text that is JSON already, or part of it.
    pub noinline fn raw(writer: *Writer, json: []const u8) void {
        if (writer.out) |out| @memcpy(out[writer.size..][0..json.len], json);
        writer.size += json.len;
    }

    /// Any value: booleans, numbers, `[]const u8` as text, enums by name, slices, arrays and tuples as arrays, structs
    /// as objects, optionals, `null`, and values and objects of this package.
    pub fn write(writer: *Writer, any: anytype) void {
        const T = @TypeOf(any);
        switch (@typeInfo(T)) {
            .bool => writer.raw(if (any) "true" else "false"),
            .null => writer.raw("null"),
            .int => |info| if (info.signedness == .signed) writer.signed(any) else writer.unsigned(any),
            .comptime_int => writer.raw(std.fmt.comptimePrint("{d}", .{any})),
            .float, .comptime_float => writer.float(any),
            .optional => if (any) |there| writer.write(there) else writer.raw("null"),
            .@"enum", .enum_literal => writer.text(@tagName(any)),
            .@"struct" => |info| writer.structure(T, info, any),
            .pointer => |info| switch (info.size) {
                .one => switch (@typeInfo(info.child)) {
                    .array => |array| writer.write(@as([]const array.child, any)),
                    else => writer.write(any.*),
                },
                .slice => if (info.child == u8) writer.text(any) else writer.list(any),
                else => @compileError("no JSON for " ++ @typeName(T)),
            },
            .array => |info| {
                if (info.child == u8) @compileError("say what the bytes are: value[0..] for text");
                writer.list(&any);
            },
            else => @compileError("no JSON for " ++ @typeName(T)),
        }
    }

    /// A text, with no more escapes than JSON asks for.
    pub noinline fn text(writer: *Writer, content: []const u8) void {
        if (!bytes_of.isUtf8(content)) writer.flaw = "text that is no UTF-8";
        writer.raw("\"");
        var start: usize = 0;
        for (content, 0..) |byte, index| {
            if (byte >= 0x20 and byte != '"' and byte != '\\') continue;
            writer.raw(content[start..index]);
            start = index + 1;
            writer.escape(byte);
        }
        writer.raw(content[start..]);
        writer.raw("\"");
    }

    fn escape(writer: *Writer, byte: u8) void {
        const short: u8 = switch (byte) {
            '"', '\\' => byte,
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            else => {
                const digits = "0123456789abcdef";
                return writer.raw(&.{ '\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15] });
            },
        };
        writer.raw(&.{ '\\', short });
    }

    fn signed(writer: *Writer, number: i64) void {
        if (number < 0) writer.raw("-");
        writer.unsigned(@abs(number));
    }

    noinline fn unsigned(writer: *Writer, number: u64) void {
        var digits: [20]u8 = undefined;
        var at = digits.len;
        var left = number;
        while (true) {
            at -= 1;
            digits[at] = '0' + @as(u8, @intCast(left % 10));
            left /= 10;
            if (left == 0) break;
        }
        writer.raw(digits[at..]);
    }

    fn float(writer: *Writer, number: f64) void {
        if (!std.math.isFinite(number)) {
            writer.flaw = "a float that is no number";
            return;
        }
        var buffer: [64]u8 = undefined;
        writer.raw(std.fmt.bufPrint(&buffer, "{e}", .{number}) catch unreachable);
    }

    fn list(writer: *Writer, values: anytype) void {
        writer.raw("[");
        for (values, 0..) |each, index| {
            if (index > 0) writer.raw(",");
            writer.write(each);
        }
        writer.raw("]");
    }

    fn structure(writer: *Writer, comptime T: type, comptime info: anytype, any: T) void {
        if (T == Value) return writer.raw(any.text);
        if (@hasDecl(T, "writeJson")) return any.writeJson(writer);
        writer.raw(if (info.is_tuple) "[" else "{");
        inline for (info.field_names, 0..) |name, index| {
            if (index > 0) writer.raw(",");
            if (!info.is_tuple) writer.raw(comptime quoted(name));
            writer.write(@field(any, name));
        }
        writer.raw(if (info.is_tuple) "]" else "}");
    }

    fn quoted(comptime name: []const u8) []const u8 {
        for (name) |byte| if (byte < 0x20 or byte == '"' or byte == '\\') @compileError("a field's name needs escapes");
        return "\"" ++ name ++ "\":";
    }
};

/// The JSON of a value, in memory of `gpa`.
pub fn write(gpa: Allocator, any: anytype) Error![]u8 {
    var writer = Writer{};
    writer.write(any);
    if (writer.flaw) |flaw| return failure.record(error.NotJson, &.{ "JSON can't hold ", flaw });
    const out = try gpa.alloc(u8, writer.size);
    writer = .{ .out = out.ptr };
    writer.write(any);
    return out;
}
