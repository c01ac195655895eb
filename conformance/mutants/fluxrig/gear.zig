//! One message: read, answered, written. What the mutations of the calling convention do to it is here.
const std = @import("std");
const host = @import("host.zig");
const mutation = @import("mutation.zig");
const values = @import("value.zig");
const messages = @import("message.zig");
const operations = @import("operations.zig");
const outcomes = @import("outcome.zig");
const Reader = @import("reader.zig").Reader;
const Writer = @import("writer.zig").Writer;

/// What the profiles do not have in common.
pub const Profile = struct {
    name: []const u8,
    run: *const fn (operations.Call) outcomes.Error!?outcomes.Outcome,
    refuse: *const fn (reason: []const u8) void,
};

const Gear = struct {
    profile: Profile,
    arena: std.mem.Allocator,
    reason: outcomes.Reason = .{},

    const Error = outcomes.Error;

    fn answer(gear: *Gear, input: []const u8) Error!?[]const u8 {
        const message = try gear.read(input);
        if (mutation.is("large_messages_trap") and input.len > 60_000) @trap();
        const outcome = gear.operate(message) catch |failure| {
            operations.onFailure();
            return failure;
        };
        var writer = Writer{ .arena = gear.arena };
        switch (outcome) {
            .drop => return null,
            .answer => |one| {
                var result = one;
                if (mutation.isFor("answer_tells_address", "FLX-026"))
                    result.trace = try std.fmt.allocPrint(gear.arena, "{x}", .{@intFromPtr(input.ptr)});
                if (mutation.isFor("array_of_one", "FLX-036") or mutation.isFor("array_of_one", "FLX-037")) try writer.head(4, 1);
                if (mutation.isFor("array_with_null", "FLX-037")) try writer.head(4, 2);
                try result.write(&writer);
                if (mutation.isFor("array_with_null", "FLX-037")) try writer.value(.null);
                if (mutation.isFor("byte_after_the_answer", "FLX-035")) try writer.byte(0);
            },
            .several => |several| {
                try writer.head(4, several.len);
                for (several) |each| try each.write(&writer);
            },
        }
        return writer.out.items;
    }

    fn read(gear: *Gear, input: []const u8) Error!messages.Message {
        var reader = Reader{ .data = input, .arena = gear.arena };
        const item = reader.only() catch |failure| switch (failure) {
            error.Malformed => return gear.reason.fail(reader.fault),
            error.OutOfMemory => return error.OutOfMemory,
        };
        var decoder = messages.Decoder{ .arena = gear.arena };
        if (mutation.is("broken_message_remembered")) decoder.message.trace = remembered.items;
        const message = decoder.decode(item) catch |failure| switch (failure) {
            error.NotAMessage => {
                try remember(decoder.message.trace);
                return gear.reason.fail(decoder.fault);
            },
            error.OutOfMemory => return error.OutOfMemory,
        };
        mutation.requirement = if (values.get(message.meta, "conformance.requirement")) |value| value.text else "";
        return message;
    }

    fn operate(gear: *Gear, message: messages.Message) Error!outcomes.Outcome {
        const op = values.get(message.data, "op") orelse return gear.reason.fail("data.op is missing");
        if (op != .text) return gear.reason.fail("data.op is no text");
        const call = operations.Call{
            .message = message,
            .op = op.text,
            .arguments = .{ .data = message.data, .arena = gear.arena, .reason = &gear.reason },
            .arena = gear.arena,
            .reason = &gear.reason,
            .profile = gear.profile.name,
        };
        if (try operations.run(call)) |outcome| return outcome;
        if (try gear.profile.run(call)) |outcome| return outcome;
        return gear.reason.fail(try std.mem.concat(gear.arena, u8, &.{ "there is no operation ", op.text }));
    }
};

var remembered: std.ArrayList(u8) = .empty;

fn remember(trace: []const u8) error{OutOfMemory}!void {
    if (!mutation.is("broken_message_remembered")) return;
    remembered.clearRetainingCapacity();
    try remembered.appendSlice(host.gpa, trace);
}

var started = false;
var hoard: ?[]u8 = null;

pub fn initialize() void {
    if (mutation.is("initialize_traps")) @trap();
    started = true;
}

/// The packed result of a message.
pub fn process(profile: Profile, ptr: ?[*]u8, len: usize) u64 {
    if (mutation.is("trapped_for_good") and operations.trapped) @trap();
    if (mutation.is("initialize_needed") and !started) @trap();
    if (mutation.is("empty_input_traps") and len == 0) @trap();
    if (mutation.is("twenty_pages_needed") and hoard == null)
        hoard = host.gpa.alloc(u8, 20 << 16) catch @trap();
    var state = std.heap.ArenaAllocator.init(host.gpa);
    defer state.deinit();
    var gear = Gear{ .profile = profile, .arena = state.allocator() };
    mutation.requirement = "";
    const input: []u8 = if (ptr) |first| first[0..len] else &.{};
    const answer = gear.answer(input) catch |failure| {
        profile.refuse(if (failure == error.OutOfMemory) "out of memory" else gear.reason.text);
        return 0;
    };
    const result = hand(profile, input, answer orelse return 0);
    if (mutation.isFor("input_freed_by_the_gear", "FLX-022")) host.gpa.free(input);
    return result;
}

/// Puts the answer where the host may read it, and later free it.
fn hand(profile: Profile, input: []u8, answer: []const u8) u64 {
    if (mutation.isFor("answers_with_its_input", "FLX-021")) return host.pack(input);
    const out = host.gpa.dupe(u8, answer) catch {
        profile.refuse("out of memory");
        return 0;
    };
    if (mutation.isFor("result_beyond_memory", "FLX-020")) return host.pack(out) | 0x7f00_0000 << 32;
    if (mutation.isFor("result_freed_by_the_gear", "FLX-023")) host.gpa.free(out);
    if (mutation.is("answers_leak")) _ = host.gpa.alloc(u8, 100) catch @trap();
    host.expectFirst(input.ptr, out.ptr);
    return host.pack(out);
}
