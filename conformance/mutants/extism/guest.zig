//! The conformance guest of Extism's ABI, both profiles, which can break any requirement that a running guest can.
const std = @import("std");
const actor = @import("actor.zig");
const call = @import("call.zig");
const functions = @import("functions.zig");

comptime {
    for (.{ "contract", "echo", "empty", "reverse", "length", "repeat", "transform", "fail", "trap", "write_log" }) |name| {
        publish(name, @field(functions, name));
    }
    for (.{ "config_get", "var_get", "var_set", "count", "http" }) |name| publish(name, @field(functions, name));
    for (.{ "get_metadata", "get_version", "validate_config", "process" }) |name| publish(name, @field(actor, name));
}

fn publish(name: []const u8, function: call.Function) void {
    const exported = struct {
        fn run() callconv(.c) i32 {
            return call.run(function);
        }
    };
    @export(&exported.run, .{ .name = name });
}
