//! Makes the exports of a gear from a function over a message.
const std = @import("std");
const builtin = @import("builtin");
const root = @import("root");
const bytes_of = @import("../bytes.zig");
const failure = @import("../failure.zig");
const heap = @import("../heap.zig");
const host = @import("host.zig").host;
const gears = @import("gear.zig");
const wire = @import("wire.zig");
const Unread = @import("unread.zig").Unread;
const Arena = @import("../arena.zig").Arena;

/// Export `process`, `alloc` and `free` for a gear whose function is `handle`, in a `comptime` block of the root file:
///
///     pub const panic = fluxrig.panic;
///     comptime {
///         fluxrig.exportGear(handle);
///     }
///     fn handle(gear: *fluxrig.Gear, message: *fluxrig.Message) !fluxrig.Answer { … }
///
/// The type of the first parameter tells the profile: `fluxrig.Gear` is core, `fluxrig.extended.Gear` extended. With
/// `*fluxrig.Unread` as the second, messages are decoded when the function asks for it, and not before. An error
/// of the function, and bytes that are no message, fail the message with a reason: **core** logs it at level error and
/// drops the message, **extended** rejects the message with it.
pub fn exportGear(comptime handle: anytype) void {
    if (!builtin.cpu.arch.isWasm()) return;
    if (!@hasDecl(root, "panic") or root.panic != panic)
        @compileError("put `pub const panic = plugbay.fluxrig.panic;` into the root file, so that a panic is logged");
    @export(&Entry(handle).process, .{ .name = "process" });
    @export(&heap.exportedAlloc, .{ .name = "alloc" });
    @export(&heap.exportedFree, .{ .name = "free" });
}

/// The gear type that a function takes.
pub fn GearOf(comptime handle: anytype) type {
    const parameters = @typeInfo(@TypeOf(handle)).@"fn".param_types;
    if (parameters.len != 2) @compileError("a gear's function takes a gear and a message");
    return @typeInfo(parameters[0].?).pointer.child;
}

fn Entry(comptime handle: anytype) type {
    return struct {
        fn process(ptr: ?[*]const u8, len: usize) callconv(.c) u64 {
            const input: []const u8 = if (ptr) |start| start[0..len] else "";
            return heap.packed_(run(handle, input));
        }
    };
}

/// Handle one message: decode it, call the function, encode what it answers into memory of the heap. The host is told
/// why when that fails, and there is no result then, as for a message that is dropped.
pub fn run(comptime handle: anytype, input: []const u8) []u8 {
    failure.clear();
    var arena = Arena{ .backing = heap.allocator };
    defer arena.deinit();
    var gear = GearOf(handle){ .arena = arena.allocator() };
    return exchange(handle, &gear, input) catch |cause| {
        report(GearOf(handle).profile, failure.reasonOf(cause));
        return &.{};
    };
}

fn exchange(comptime handle: anytype, gear: *GearOf(handle), input: []const u8) anyerror![]u8 {
    const Parameter = @typeInfo(@TypeOf(handle)).@"fn".param_types[1].?;
    if (Parameter == *Unread) return exchangeUnread(handle, gear, input);
    var message = try wire.decode(gear.arena, input);
    const answer: GearOf(handle).Answers = try handle(gear, &message);
    return answer.encode(heap.allocator, &message);
}

fn exchangeUnread(comptime handle: anytype, gear: *GearOf(handle), input: []const u8) anyerror![]u8 {
    var unread = Unread{ .arena = gear.arena, .bytes = input };
    const answer: GearOf(handle).Answers = try handle(gear, &unread);
    if (answer == .pass and !unread.is_decoded) return heap.allocator.dupe(u8, input);
    return answer.encode(heap.allocator, &unread.decoded);
}

/// Tell the host why a message failed.
pub fn report(comptime profile: gears.Profile, reason: []const u8) void {
    switch (profile) {
        .core => host.log(@backingInt(@as(@import("../log.zig").Level, .@"error")), bytes_of.pointer(reason), reason.len),
        .extended => host.reject(bytes_of.pointer(reason), reason.len),
    }
}

/// What a panic does: one log line at level error, then a trap.
pub const panic = std.debug.FullPanic(onPanic);

fn onPanic(text: []const u8, _: ?usize) noreturn {
    gears.writeLog(.@"error", text);
    @trap();
}
