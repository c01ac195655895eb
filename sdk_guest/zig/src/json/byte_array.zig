//! Bytes in JSON, which has none: an array of numbers from 0 to 255, as Reflow has it.
const std = @import("std");
const Allocator = std.mem.Allocator;
const Place = @import("../place.zig").Place;
const values = @import("value.zig");
const Writer = @import("write.zig").Writer;

/// Bytes that are an array of numbers in JSON.
pub const ByteArray = struct {
    bytes: []const u8,

    /// Read it as part of a value.
    pub fn readJson(value: values.Value, arena: Allocator, place: *const Place) values.Error!ByteArray {
        if (value.kind() != .array) return place.wrong("array of bytes", @tagName(value.kind()));
        var bytes: std.ArrayList(u8) = .empty;
        var each = value.elements();
        while (each.next()) |number| try bytes.append(arena, try number.at(u8, arena, place));
        return .{ .bytes = bytes.items };
    }

    /// Write it as part of a value.
    pub fn writeJson(array: ByteArray, writer: *Writer) void {
        writer.raw("[");
        for (array.bytes, 0..) |byte, index| {
            if (index > 0) writer.raw(",");
            writer.write(byte);
        }
        writer.raw("]");
    }
};
