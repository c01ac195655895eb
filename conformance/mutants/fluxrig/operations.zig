//! The operations of the conformance guest that both profiles have (`conformance/spec/v1/guests.md`).
const std = @import("std");
const host = @import("host.zig");
const mutation = @import("mutation.zig");
const values = @import("value.zig");
const outcomes = @import("outcome.zig");
const Arguments = @import("arguments.zig").Arguments;
const messages = @import("message.zig");
const Message = messages.Message;

const Value = values.Value;
const Entry = values.Entry;
const Error = outcomes.Error;
const Outcome = outcomes.Outcome;

pub const Call = struct {
    message: Message,
    op: []const u8,
    arguments: Arguments,
    arena: std.mem.Allocator,
    reason: *outcomes.Reason,
    profile: []const u8,

    /// A copy of the message whose data is `op` and these keys.
    pub fn usual(call: Call, keys: []const Entry) Error!Outcome {
        var answer = call.message;
        if (mutation.is("trace_lost")) answer.trace = "";
        answer.data = try call.data(keys);
        return .{ .answer = answer };
    }

    pub fn data(call: Call, keys: []const Entry) Error![]const Entry {
        const op = Entry{ .key = "op", .value = .{ .text = call.op } };
        return std.mem.concat(call.arena, Entry, &.{ &.{op}, keys });
    }
};

var counted: i64 = 0;

/// Called for each operation that failed.
pub fn onFailure() void {
    if (mutation.is("failure_resets_the_count")) counted = 0;
}

const Operation = enum { contract, echo, fields, lookup, types, numbers, text, reply, drop, log, count, big, fail, trap };

/// Null when there is no such operation.
pub fn run(call: Call) Error!?Outcome {
    return switch (std.meta.stringToEnum(Operation, call.op) orelse return null) {
        .contract => try contract(call),
        .echo => .{ .answer = call.message },
        .fields => try fields(call),
        .lookup => try lookup(call),
        .types => try call.usual(&types),
        .numbers => try numbers(call),
        .text => try text(call),
        .reply => try reply(call),
        .drop => try drop(call),
        .log => try log(call),
        .count => try count(call),
        .big => try big(call),
        .fail => call.reason.fail(try call.arguments.text("reason")),
        .trap => try trap(call),
    };
}

fn contract(call: Call) Error!Outcome {
    return call.usual(&.{
        .{ .key = "contract", .value = .{ .text = "plugbay-conformance/1" } },
        .{ .key = "abi", .value = .{ .text = "fluxrig" } },
        .{ .key = "profile", .value = .{ .text = call.profile } },
        .{ .key = "language", .value = .{ .text = "zig" } },
        .{ .key = "sdk", .value = .{ .text = "none" } },
        .{ .key = "sdk_version", .value = .{ .text = "1" } },
    });
}

fn fields(call: Call) Error!Outcome {
    const input = call.message;
    const arguments = call.arguments;
    const number = try arguments.integer("int");
    const float = try arguments.take("float", .float);
    const words = try std.mem.concat(call.arena, u8, &.{ try arguments.text("text"), "!" });
    const bytes = try arguments.bytes("bytes");
    const list = (try arguments.take("list", .list)).list;
    const map = (try arguments.take("map", .map)).map;
    const added = Entry{ .key = "added", .value = Value.of(1) };
    return .{ .answer = .{
        .id = reversed(input.id),
        .ref_id = if (mutation.is("ref_id_forgotten")) input.ref_id else input.id,
        .trace = try std.mem.concat(call.arena, u8, &.{ input.trace, "-ok" }),
        .src_id = reversed(input.src_id),
        .meta = try changedMeta(call),
        .data = try call.data(&.{
            .{ .key = "int", .value = number.plusOne() },
            .{ .key = "float", .value = .{ .float = float.float * 2 } },
            .{ .key = "text", .value = .{ .text = words } },
            .{ .key = "bool", .value = .{ .boolean = try arguments.boolean("bool") == mutation.is("bool_kept") } },
            .{ .key = "bytes", .value = .{ .bytes = if (mutation.is("bytes_kept")) bytes else try backwards(u8, call.arena, bytes) } },
            .{ .key = "list", .value = .{ .list = try backwards(Value, call.arena, list) } },
            .{ .key = "map", .value = .{ .map = try std.mem.concat(call.arena, Entry, &.{ try without(call.arena, map, "added"), &.{added} }) } },
        }),
        .flags = input.flags ^ 1,
        .raw = if (input.raw) |raw| if (mutation.is("raw_kept")) raw else try backwards(u8, call.arena, raw) else null,
        .path = try std.mem.concat(call.arena, messages.Hop, &.{ input.path orelse &.{}, &.{ownHop(input)} }),
        .ts = nextTime(input.ts),
    } };
}

fn ownHop(input: Message) messages.Hop {
    if (mutation.is("hop_ids_swapped")) return .{ .g = input.id, .p = input.src_id, .t = input.ts };
    return .{ .g = input.src_id, .p = input.id, .t = input.ts };
}

fn nextTime(time: i64) i64 {
    const float: f64 = @floatFromInt(time);
    if (mutation.is("ts_through_float") and @abs(float) < 9e18) return @intFromFloat(float + 1);
    return time +% 1;
}

fn changedMeta(call: Call) Error![]const Entry {
    const kept = if (mutation.is("meta_key_kept")) call.message.meta else try without(call.arena, call.message.meta, "remove.me");
    const set = Entry{ .key = "conformance", .value = .{ .text = "yes" } };
    return std.mem.concat(call.arena, Entry, &.{ try without(call.arena, kept, "conformance"), &.{set} });
}

fn without(arena: std.mem.Allocator, map: []const Entry, key: []const u8) Error![]const Entry {
    var kept: std.ArrayList(Entry) = .empty;
    for (map) |entry| if (!std.mem.eql(u8, entry.key, key)) try kept.append(arena, entry);
    return kept.items;
}

fn reversed(id: messages.Id) messages.Id {
    var other = id;
    std.mem.reverse(u8, &other);
    return other;
}

fn backwards(comptime T: type, arena: std.mem.Allocator, items: []const T) Error![]const T {
    const copy = try arena.dupe(T, items);
    std.mem.reverse(T, copy);
    return copy;
}

fn lookup(call: Call) Error!Outcome {
    var place: ?Value = .{ .map = call.message.data };
    var keys = std.mem.splitScalar(u8, try call.arguments.text("path"), '.');
    while (keys.next()) |key| {
        const here = place orelse break;
        place = if (here == .map) values.get(here.map, key) else null;
    }
    if (mutation.is("null_taken_for_nothing")) if (place) |value| if (value == .null) {
        place = null;
    };
    return call.usual(&.{
        .{ .key = "found", .value = .{ .boolean = place != null } },
        .{ .key = "value", .value = place orelse .null },
    });
}

const types = [_]Entry{
    .{ .key = "null", .value = .null },
    .{ .key = "yes", .value = .{ .boolean = true } },
    .{ .key = "no", .value = .{ .boolean = false } },
    .{ .key = "int", .value = Value.of(-42) },
    .{ .key = "uint", .value = .{ .positive = std.math.maxInt(u64) } },
    .{ .key = "float", .value = .{ .float = 0.1 } },
    .{ .key = "text", .value = .{ .text = "Grüße, 世界 🚀" } },
    .{ .key = "empty_text", .value = .{ .text = "" } },
    .{ .key = "bytes", .value = .{ .bytes = "\x00\x7f\x80\xff" } },
    .{ .key = "empty_bytes", .value = .{ .bytes = "" } },
    .{ .key = "list", .value = .{ .list = &.{ Value.of(1), .{ .text = "two" }, .{ .bytes = "\x03" }, .null, .{ .list = &.{} } } } },
    .{ .key = "empty_list", .value = .{ .list = &.{} } },
    .{ .key = "map", .value = .{ .map = &.{
        .{ .key = "a", .value = .{ .map = &.{
            .{ .key = "b", .value = .{ .map = &.{.{ .key = "c", .value = Value.of(1) }} } },
        } } },
    } } },
    .{ .key = "empty_map", .value = .{ .map = &.{} } },
};

const edges = [_]i65{
    0,          1,          23,            24,      255,           256,         65535,      65536,
    4294967295, 4294967296, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -1,          -24,        -25,
    -256,       -257,       -65536,        -65537,  -4294967296,   -4294967297, -(1 << 63),
};

fn numbers(call: Call) Error!Outcome {
    var integers: [edges.len]Value = undefined;
    for (&integers, edges) |*to, from|
        to.* = if (from < 0) .{ .negative = @intCast(-1 - from) } else .{ .positive = @intCast(from) };
    if (mutation.is("smallest_integer_wrong")) integers[edges.len - 1].negative -= 1;
    const inf = std.math.inf(f64);
    const floats = [_]f64{ 0.0, -0.0, 1.5, 0.1, 1.0e300, 5.0e-324, inf, -inf, std.math.nan(f64) };
    var list: [floats.len]Value = undefined;
    for (&list, floats) |*to, from| to.* = .{ .float = from };
    return call.usual(&.{
        .{ .key = "integers", .value = .{ .list = try call.arena.dupe(Value, &integers) } },
        .{ .key = "floats", .value = .{ .list = try call.arena.dupe(Value, &list) } },
    });
}

fn text(call: Call) Error!Outcome {
    const given = try call.arguments.text("text");
    var scalars: i64 = 0;
    var walk = (std.unicode.Utf8View.init(given) catch unreachable).iterator();
    while (walk.nextCodepoint()) |scalar| {
        scalars += if (mutation.is("utf16_units_counted") and scalar > 0xffff) 2 else 1;
    }
    return call.usual(&.{
        .{ .key = "bytes", .value = .{ .positive = given.len } },
        .{ .key = "scalars", .value = Value.of(scalars) },
        .{ .key = "text", .value = .{ .text = try std.mem.concat(call.arena, u8, &.{ given, " ✓🚀" }) } },
    });
}

fn reply(call: Call) Error!Outcome {
    const input = call.message;
    return .{ .answer = .{
        .ref_id = if (mutation.is("reply_to_nobody")) input.ref_id else input.id,
        .trace = input.trace,
        .meta = input.meta,
        .data = try call.data(&.{}),
    } };
}

var dropped: usize = 0;

fn drop(call: Call) Error!Outcome {
    dropped += 1;
    return if (mutation.is("second_drop_answers") and dropped % 2 == 0) call.usual(&.{}) else .drop;
}

fn log(call: Call) Error!Outcome {
    const name = try call.arguments.text("level");
    const level = std.meta.stringToEnum(host.Level, name) orelse
        return call.reason.fail("data.level is no level");
    host.log(level, try call.arguments.text("text"));
    return call.usual(&.{});
}

fn count(call: Call) Error!Outcome {
    counted += 1;
    const told = if (mutation.is("count_from_zero")) counted - 1 else counted;
    return call.usual(&.{.{ .key = "count", .value = Value.of(told) }});
}

fn big(call: Call) Error!Outcome {
    const blob = try call.arena.alloc(u8, try call.arguments.count("size"));
    const modulus: usize = if (mutation.is("big_wrong_byte")) 256 else 251;
    for (blob, 0..) |*byte, index| byte.* = @intCast(index % modulus);
    return call.usual(&.{.{ .key = "blob", .value = .{ .bytes = blob } }});
}

/// Whether this instance was told to trap: only a host that goes on with it can see that.
pub var trapped = false;

fn trap(call: Call) Error!Outcome {
    trapped = true;
    if (mutation.is("trap_answers")) return call.usual(&.{});
    if (!mutation.is("trap_in_silence")) host.log(.@"error", "told to trap");
    @trap();
}
