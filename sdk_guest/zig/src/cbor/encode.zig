//! Zig values as CBOR, the way Go's fxamacker/cbor writes them without options: integers and lengths in their shortest
//! form, lengths definite, floats in 64 bits but for infinities and NaN, which have 16.
const std = @import("std");
const Allocator = std.mem.Allocator;
const heads = @import("head.zig");
const Item = @import("item.zig").Item;

/// Bytes that are written as a byte string; a slice of `u8` by itself is text.
pub const Bytes = struct {
    /// What the byte string holds.
    bytes: []const u8,
};

/// Marks bytes as a byte string: `try message.data.set("digest", plugbay.bytes(&digest))`.
pub fn bytes(content: []const u8) Bytes {
    return .{ .bytes = content };
}

/// Writes items one after the other. Without `out` it only counts, so that what is written has its exact room.
pub const Encoder = struct {
    /// Where bytes go; there must be room.
    out: ?[*]u8 = null,
    /// Bytes so far.
    size: usize = 0,

    /// The beginning of an item.
    pub fn head(encoder: *Encoder, major: heads.Major, value: u64) void {
        var short: [9]u8 = undefined;
        encoder.raw(short[0..heads.write(&short, major, value)]);
    }

    /// A string of either kind.
    pub fn string(encoder: *Encoder, major: heads.Major, content: []const u8) void {
        encoder.head(major, content.len);
        encoder.raw(content);
    }

    /// Bytes that are an item already, or part of one.
    pub noinline fn raw(encoder: *Encoder, item: []const u8) void {
        if (encoder.out) |out| @memcpy(out[encoder.size..][0..item.len], item);
        encoder.size += item.len;
    }

    /// Any value: booleans, integers, floats, `[]const u8` as text, `Bytes` as bytes, enums by name, slices, arrays and
    /// tuples as arrays, structs as maps, optionals, `null`, items and maps of a message.
    pub fn write(encoder: *Encoder, any: anytype) void {
        const T = @TypeOf(any);
        switch (@typeInfo(T)) {
            .bool => encoder.raw(&.{if (any) heads.true_byte else heads.false_byte}),
            .null => encoder.raw(&.{heads.null_byte}),
            .int, .comptime_int => encoder.integer(any),
            .float, .comptime_float => encoder.float(@floatCast(any)),
            .optional => if (any) |there| encoder.write(there) else encoder.write(null),
            .@"enum", .enum_literal => encoder.string(.text, @tagName(any)),
            .@"struct" => |info| encoder.structure(T, info, any),
            .pointer => |info| switch (info.size) {
                .one => switch (@typeInfo(info.child)) {
                    .array => |array| encoder.write(@as([]const array.child, any)),
                    else => encoder.write(any.*),
                },
                .slice => if (info.child == u8) encoder.string(.text, any) else encoder.list(any),
                else => @compileError("no CBOR for " ++ @typeName(T)),
            },
            .array => |info| {
                if (info.child == u8) @compileError("say what the bytes are: plugbay.bytes(&value), or value[0..] for text");
                encoder.list(&any);
            },
            else => @compileError("no CBOR for " ++ @typeName(T)),
        }
    }

    fn integer(encoder: *Encoder, number: anytype) void {
        const T = if (@TypeOf(number) == comptime_int) (if (number < 0) i64 else u64) else @TypeOf(number);
        if (@bitSizeOf(T) > 64) @compileError("integers have 64 bits: cast the " ++ @typeName(T));
        if (number >= 0) return encoder.head(.unsigned, @intCast(number));
        encoder.head(.negative, @intCast(-1 - @as(i64, number)));
    }

    /// A float of 64 bits; infinities and NaN, which need no more, have 16.
    pub fn float(encoder: *Encoder, number: f64) void {
        if (!std.math.isFinite(number)) {
            const bits: u16 = if (number != number) heads.half_nan else heads.half_infinity;
            const sign: u16 = if (number < 0) 0x8000 else 0;
            return encoder.raw(&.{ heads.half_byte, @truncate((sign | bits) >> 8), @truncate(bits) });
        }
        var item: [9]u8 = .{heads.float_byte} ++ @as([8]u8, undefined);
        std.mem.writeInt(u64, item[1..9], @bitCast(number), .big);
        encoder.raw(&item);
    }

    fn list(encoder: *Encoder, values: anytype) void {
        encoder.head(.array, values.len);
        for (values) |each| encoder.write(each);
    }

    fn structure(encoder: *Encoder, comptime T: type, comptime info: anytype, any: T) void {
        if (T == Bytes) return encoder.string(.bytes, any.bytes);
        if (T == Item) return encoder.raw(any.encoded);
        if (@hasDecl(T, "writeCbor")) return any.writeCbor(encoder);
        encoder.head(if (info.is_tuple) .array else .map, info.field_names.len);
        inline for (info.field_names) |name| {
            if (!info.is_tuple) encoder.string(.text, name);
            encoder.write(@field(any, name));
        }
    }
};

/// The item that a value is, in memory of `gpa`.
pub fn encode(gpa: Allocator, any: anytype) Allocator.Error![]u8 {
    var counter = Encoder{};
    counter.write(any);
    const out = try gpa.alloc(u8, counter.size);
    var encoder = Encoder{ .out = out.ptr };
    encoder.write(any);
    return out;
}
