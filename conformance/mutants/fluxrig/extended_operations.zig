//! The operations of the conformance guest that the extended profile has beside the others.
const std = @import("std");
const host = @import("extended_host.zig");
const mutation = @import("mutation.zig");
const values = @import("value.zig");
const outcomes = @import("outcome.zig");
const Call = @import("operations.zig").Call;
const Message = @import("message.zig").Message;
const Reader = @import("reader.zig").Reader;
const Writer = @import("writer.zig").Writer;

const Value = values.Value;
const Error = outcomes.Error;
const Outcome = outcomes.Outcome;

const Operation = enum { fan_out, emit, emit_fail, state_get, state_put, state_count, http, time, random };

/// Null when there is no such operation.
pub fn run(call: Call) Error!?Outcome {
    return switch (std.meta.stringToEnum(Operation, call.op) orelse return null) {
        .fan_out => try fanOut(call),
        .emit => try emit(call),
        .emit_fail => try emitFail(call),
        .state_get => try stateGet(call),
        .state_put => try statePut(call),
        .state_count => try stateCount(call),
        .http => try http(call),
        .time => try call.usual(&.{.{ .key = "time", .value = .{ .positive = host.time() } }}),
        .random => try random(call),
    };
}

fn indexed(call: Call, index: usize) Error!Message {
    return (try call.usual(&.{.{ .key = "index", .value = .{ .positive = index } }})).answer;
}

fn fanOut(call: Call) Error!Outcome {
    const count = try call.arguments.count("count");
    const short = mutation.is("fan_out_lacks_the_last") and count > 1;
    const messages = try call.arena.alloc(Message, count - @intFromBool(short));
    for (messages, 0..) |*message, index| message.* = try indexed(call, index);
    return if (count == 0) .drop else .{ .several = messages };
}

fn send(call: Call, message: Message) Error!void {
    var writer = Writer{ .arena = call.arena };
    try message.write(&writer);
    host.emit(writer.out.items);
}

fn emit(call: Call) Error!Outcome {
    const count = try call.arguments.count("count");
    const answer = try call.arguments.boolean("answer");
    for (0..count) |index| try send(call, try indexed(call, index));
    if (mutation.is("last_sent_twice") and count > 0) try send(call, try indexed(call, count - 1));
    return if (answer) .{ .answer = try indexed(call, count) } else .drop;
}

fn emitFail(call: Call) Error!Outcome {
    const reason = try call.arguments.text("reason");
    try send(call, try indexed(call, 0));
    if (mutation.is("failure_after_sending_lost")) return .drop;
    return call.reason.fail(reason);
}

fn stateGet(call: Call) Error!Outcome {
    const value = try host.get(call.arena, try call.arguments.text("key"));
    return call.usual(&.{.{ .key = "value", .value = if (value) |bytes| .{ .bytes = bytes } else .null }});
}

fn statePut(call: Call) Error!Outcome {
    const stored = host.put(try call.arguments.text("key"), try call.arguments.bytes("value"));
    return call.usual(&.{.{ .key = "stored", .value = .{ .boolean = stored } }});
}

fn stateCount(call: Call) Error!Outcome {
    const key = try call.arguments.text("key");
    const before = try host.get(call.arena, key) orelse "0";
    const number = std.fmt.parseInt(i64, before, 10) catch return call.reason.fail("the state holds no number");
    const count = if (mutation.is("count_of_32_bits")) @as(u32, @truncate(@as(u64, @bitCast(number + 1)))) else number + 1;
    const digits = try std.fmt.allocPrint(call.arena, "{d}", .{count});
    if (!host.put(key, digits)) return call.reason.fail("the host stores no state");
    return call.usual(&.{.{ .key = "count", .value = Value.of(count) }});
}

fn http(call: Call) Error!Outcome {
    const body = try call.arguments.bytes("body");
    const answer = try host.request(call.arena, try call.arguments.text("url"), body) orelse
        return call.usual(&.{.{ .key = "refused", .value = .{ .boolean = true } }});
    var reader = Reader{ .data = answer, .arena = call.arena };
    const response = reader.only() catch return call.reason.fail("the response is malformed");
    if (response != .map) return call.reason.fail("the response is no map");
    const status = values.get(response.map, "status") orelse .null;
    const lost = mutation.is("body_of_an_error_lost") and status == .positive and status.positive >= 400;
    return call.usual(&.{
        .{ .key = "refused", .value = .{ .boolean = false } },
        .{ .key = "status", .value = status },
        .{ .key = "headers", .value = values.get(response.map, "headers") orelse .null },
        .{ .key = "body", .value = if (lost) .{ .bytes = "" } else values.get(response.map, "body") orelse .null },
    });
}

fn random(call: Call) Error!Outcome {
    const buffer = try call.arena.alloc(u8, try call.arguments.count("size"));
    host.random(buffer);
    return call.usual(&.{.{ .key = "bytes", .value = .{ .bytes = buffer } }});
}
