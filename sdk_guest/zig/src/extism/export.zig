//! Makes exports of functions.
const std = @import("std");
const builtin = @import("builtin");
const root = @import("root");
const calls = @import("call.zig");
const failure = @import("../failure.zig");
const heap = @import("../heap.zig");
const host = @import("host.zig").host;
const memory = @import("memory.zig");
const typed = @import("../typed.zig");
const Arena = @import("../arena.zig").Arena;
const Call = calls.Call;

/// Export a function `fn (call: *extism.Call, input: Input) !Output` by a name, in a `comptime` block of the root file.
/// `[]const u8` is the bytes themselves; any other type is read from JSON, and written as JSON. An error of the function
/// is the call's, with the reason that was given to `call.fail`, or the error's name.
pub fn exportFunction(comptime name: []const u8, comptime function: anytype) void {
    if (!builtin.cpu.arch.isWasm()) return;
    if (!@hasDecl(root, "panic") or root.panic != panic)
        @compileError("put `pub const panic = plugbay.extism.panic;` into the root file, so that a panic is logged");
    @export(&Entry(function).call, .{ .name = name });
}

fn Entry(comptime function: anytype) type {
    return struct {
        fn call() callconv(.c) i32 {
            return run(function);
        }
    };
}

/// Take the input, call the function, set the output or the error. Answers what the export does: 0 for success.
pub fn run(comptime function: anytype) i32 {
    failure.clear();
    var arena = Arena{ .backing = heap.allocator };
    defer arena.deinit();
    var call = Call{ .arena = arena.allocator() };
    exchange(function, &call) catch |cause| {
        host.error_set(memory.give(failure.reasonOf(cause)) catch 0);
        return 1;
    };
    return 0;
}

fn exchange(comptime function: anytype, call: *Call) anyerror!void {
    const output = try typed.apply(function, call, try memory.input(call.arena));
    if (output.len > 0) host.output_set(try memory.give(output), output.len);
}

/// What a panic does: one log line at level error, then a trap.
pub const panic = std.debug.FullPanic(onPanic);

fn onPanic(text: []const u8, _: ?usize) noreturn {
    calls.writeLog(.@"error", text);
    @trap();
}
