//! Byte functions with memory: tickets of a queue. What they keep lasts as long as the instance, so plugbay must host them
//! with one instance.
const std = @import("std");
const priostack = @import("plugbay").priostack;
const Call = priostack.Call;

pub const panic = priostack.panic;

comptime {
    priostack.exportFunctions(.{ .draw = draw, .serve = serve });
}

const Ticket = struct { number: u32, token: []const u8, waiting: u32 };

/// The tickets that wait, from `served` up to `drawn`, and the token of each.
var queue: struct { drawn: u32 = 0, served: u32 = 0, tokens: [64][16]u8 = undefined } = .{};

/// A new ticket, with a token that can't be guessed.
fn draw(call: *Call, _: []const u8) !Ticket {
    const waiting = queue.drawn - queue.served;
    if (waiting == queue.tokens.len) return call.fail("too many are waiting");
    var secret: [8]u8 = undefined;
    call.random(&secret);
    const token = &queue.tokens[queue.drawn % queue.tokens.len];
    token.* = std.fmt.bytesToHex(secret, .lower);
    queue.drawn += 1;
    return .{ .number = queue.drawn, .token = token, .waiting = waiting };
}

/// The number of the one who is next, if the token is hers.
fn serve(call: *Call, input: struct { token: []const u8 }) !struct { number: u32, at: i64 } {
    if (queue.served == queue.drawn) return call.fail("nobody is waiting");
    if (!std.mem.eql(u8, &queue.tokens[queue.served % queue.tokens.len], input.token)) return call.fail("it is not your turn");
    queue.served += 1;
    return .{ .number = queue.served, .at = call.now() };
}

test "tickets are served in order, to those who hold them" {
    queue = .{};
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    try std.testing.expectEqualStrings("nobody is waiting", (try rig.call(serve, "{\"token\": \"\"}")).reason);
    const first = try (try rig.call(draw, "")).as(Ticket, rig.arena());
    const second = try (try rig.call(draw, "")).as(Ticket, rig.arena());
    try std.testing.expectEqual(1, second.waiting);
    const late = try std.fmt.allocPrint(rig.arena(), "{{\"token\": \"{s}\"}}", .{second.token});
    try std.testing.expectEqualStrings("it is not your turn", (try rig.call(serve, late)).reason);
    const now = try std.fmt.allocPrint(rig.arena(), "{{\"token\": \"{s}\"}}", .{first.token});
    try std.testing.expectEqualStrings("{\"number\":1,\"at\":1700000000123456789}", (try rig.call(serve, now)).output.?);
}

test "the queue has an end" {
    queue = .{};
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    for (0..64) |_| _ = try rig.call(draw, "");
    try std.testing.expectEqualStrings("too many are waiting", (try rig.call(draw, "")).reason);
}
