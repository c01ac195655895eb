//! Makes exports of functions, in the calling convention `packed`.
const std = @import("std");
const builtin = @import("builtin");
const root = @import("root");
const calls = @import("call.zig");
const failure = @import("../failure.zig");
const heap = @import("../heap.zig");
const typed = @import("../typed.zig");
const Arena = @import("../arena.zig").Arena;
const Call = calls.Call;

/// Export functions `fn (call: *priostack.Call, input: Input) !Output` by the names of a struct's fields, in a `comptime`
/// block of the root file: `priostack.exportFunctions(.{ .create_user = createUser });`. `[]const u8` is the bytes
/// themselves; any other type is read from JSON, and written as JSON. An error of a function is the call's, with the
/// reason that was given to `call.fail`, or the error's name.
pub fn exportFunctions(comptime functions: anytype) void {
    if (!builtin.cpu.arch.isWasm()) return;
    if (!@hasDecl(root, "panic") or root.panic != panic)
        @compileError("put `pub const panic = plugbay.priostack.panic;` into the root file, so that a panic is logged");
    for (@typeInfo(@TypeOf(functions)).@"struct".field_names) |name|
        @export(&Entry(@field(functions, name)).call, .{ .name = name });
    @export(&heap.exportedAlloc, .{ .name = "alloc" });
    @export(&heap.exportedFree, .{ .name = "free" });
}

/// Bit 63 of a result says that the function failed, and that the bytes are why.
const failed: u64 = 1 << 63;

fn Entry(comptime function: anytype) type {
    return struct {
        fn call(ptr: ?[*]const u8, len: usize) callconv(.c) u64 {
            const result = run(function, if (ptr) |start| start[0..len] else "");
            return heap.packed_(result.bytes) | if (result.is_failure) failed else 0;
        }
    };
}

/// What a function gave back: an output, or why it failed; memory of the heap.
pub const Result = struct { bytes: []const u8, is_failure: bool };

/// Call the function with the bytes.
pub fn run(comptime function: anytype, input: []const u8) Result {
    failure.clear();
    var arena = Arena{ .backing = heap.allocator };
    defer arena.deinit();
    var call = Call{ .arena = arena.allocator() };
    if (exchange(function, &call, input)) |output| return .{ .bytes = output, .is_failure = false } else |cause| {
        const reason = heap.allocator.dupe(u8, failure.reasonOf(cause)) catch @panic("out of memory");
        return .{ .bytes = reason, .is_failure = true };
    }
}

fn exchange(comptime function: anytype, call: *Call, input: []const u8) anyerror![]const u8 {
    return heap.allocator.dupe(u8, try typed.apply(function, call, input));
}

/// What a panic does: one log line at level error, then a trap.
pub const panic = std.debug.FullPanic(onPanic);

fn onPanic(text: []const u8, _: ?usize) noreturn {
    calls.writeLog(.@"error", text);
    @trap();
}
