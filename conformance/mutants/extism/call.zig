//! One call: input, a function, and its output or its error.
const std = @import("std");
const host = @import("host.zig");
const mutation = @import("mutation.zig");

pub const Error = std.mem.Allocator.Error || error{Failed};
pub const Function = fn (*Call) Error![]const u8;

pub const Call = struct {
    arena: std.mem.Allocator,
    input: []u8,
    failure: []const u8 = "",

    /// Fail with a text.
    pub fn fail(self: *Call, comptime format: []const u8, arguments: anytype) Error {
        self.failure = try std.fmt.allocPrint(self.arena, format, arguments);
        return error.Failed;
    }

    /// The input, or any other text, as JSON of a type.
    pub fn parse(self: *Call, Type: type, text: []const u8) Error!Type {
        return std.json.parseFromSliceLeaky(Type, self.arena, text, .{ .ignore_unknown_fields = true }) catch |wrong| {
            if (wrong == error.OutOfMemory) return error.OutOfMemory;
            return self.fail("invalid input: {s}", .{@errorName(wrong)});
        };
    }

    pub fn write(self: *Call, value: anytype) Error![]const u8 {
        return std.json.Stringify.valueAlloc(self.arena, value, .{});
    }
};

/// What a mutant keeps of its calls, which a right guest never does.
pub const leaking = std.heap.wasm_allocator;

pub fn run(function: Function) i32 {
    var arena: std.heap.ArenaAllocator = .init(std.heap.wasm_allocator);
    defer arena.deinit();
    var current: Call = .{ .arena = arena.allocator(), .input = host.input(arena.allocator()) catch @trap() };
    const output = function(&current) catch |wrong| {
        host.set_error(if (wrong == error.Failed) current.failure else "out of memory");
        return if (mutation.is(51)) 0 else 1;
    };
    host.output(output);
    return 0;
}
