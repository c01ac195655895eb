//! Functions of bytes with types: what a function takes, and gives back, as JSON or as it is.
const std = @import("std");
const Allocator = std.mem.Allocator;
const json = @import("json/json.zig");

/// Call a function `fn (*Call, Input) !Output` with the bytes. `[]const u8` is the bytes themselves; anything else is
/// read from JSON and written as JSON; `void` is no output.
pub fn apply(comptime function: anytype, call: anytype, input: []const u8) anyerror![]const u8 {
    const parameters = @typeInfo(@TypeOf(function)).@"fn".param_types;
    if (parameters.len != 2) @compileError("a function takes a call and an input");
    const Input = parameters[1].?;
    const value = if (Input == []const u8) input else try (try json.parse(input)).as(Input, call.arena, "input");
    const output = try function(call, value);
    return switch (@TypeOf(output)) {
        []const u8, []u8 => output,
        void => "",
        else => try json.write(call.arena, output),
    };
}
