//! Writes CBOR: shortest integers and lengths, floats of 64 bits.
const std = @import("std");
const mutation = @import("mutation.zig");
const Value = @import("value.zig").Value;
const Entry = @import("value.zig").Entry;

pub const Writer = struct {
    arena: std.mem.Allocator,
    out: std.ArrayList(u8) = .empty,

    const Error = error{OutOfMemory};

    pub fn head(writer: *Writer, major: u8, argument: u64) Error!void {
        var buffer: [9]u8 = undefined;
        std.mem.writeInt(u64, buffer[1..], argument, .big);
        const width: usize = if (mutation.isFor("integers_in_64_bits", "FLX-044")) 8 else switch (argument) {
            0...23 => 0,
            24...0xff => 1,
            0x100...0xffff => 2,
            0x1_0000...0xffff_ffff => 4,
            else => 8,
        };
        const info: u8 = switch (width) {
            0 => @intCast(argument),
            1 => 24,
            2 => 25,
            4 => 26,
            else => 27,
        };
        buffer[8 - width] = major << 5 | info;
        try writer.out.appendSlice(writer.arena, buffer[8 - width ..]);
    }

    pub fn text(writer: *Writer, string: []const u8) Error!void {
        try writer.head(3, string.len);
        try writer.out.appendSlice(writer.arena, string);
    }

    pub fn bytes(writer: *Writer, string: []const u8) Error!void {
        try writer.head(2, string.len);
        try writer.out.appendSlice(writer.arena, string);
    }

    pub fn byte(writer: *Writer, single: u8) Error!void {
        try writer.out.append(writer.arena, single);
    }

    pub fn value(writer: *Writer, item: Value) Error!void {
        switch (item) {
            .null => try writer.byte(0xf6),
            .boolean => |yes| try writer.byte(if (yes) 0xf5 else 0xf4),
            .positive => |number| try writer.head(0, number),
            .negative => |number| try writer.head(1, number),
            .float => |float| try writer.double(float),
            .text => |string| try writer.text(string),
            .bytes => |string| try writer.bytes(string),
            .list => |items| {
                try writer.head(4, items.len);
                for (items) |each| try writer.value(each);
            },
            .map => |entries| try writer.map(entries),
        }
    }

    pub fn map(writer: *Writer, entries: []const Entry) Error!void {
        try writer.head(5, entries.len);
        for (entries) |entry| {
            try writer.text(entry.key);
            try writer.value(entry.value);
        }
    }

    fn double(writer: *Writer, float: f64) Error!void {
        var buffer: [9]u8 = undefined;
        buffer[0] = 0xfb;
        std.mem.writeInt(u64, buffer[1..], @bitCast(float), .big);
        try writer.out.appendSlice(writer.arena, &buffer);
    }
};
