//! The conformance guest of PrioStack's calling convention `packed`.
const std = @import("std");
const plugbay = @import("plugbay");
const operations = @import("byte_operations.zig");
const priostack = plugbay.priostack;
const Call = priostack.Call;

pub const panic = priostack.panic;

comptime {
    const Common = operations.Operations(Call);
    priostack.exportFunctions(.{
        .contract = contract,
        .echo = Common.echo,
        .empty = Common.empty,
        .reverse = Common.reverse,
        .length = Common.length,
        .repeat = Common.repeat,
        .transform = Common.transform,
        .fail = Common.fail,
        .fail_object = failObject,
        .trap = Common.trap,
        .write_log = Common.writeLog,
        .current_time = currentTime,
        .random_bytes = randomBytes,
        .count = count,
    });
}

fn contract(_: *Call, _: []const u8) !@TypeOf(operations.contract("priostack", "packed")) {
    return operations.contract("priostack", "packed");
}

fn failObject(_: *Call, input: []const u8) !struct { @"error": []const u8 } {
    return .{ .@"error" = input };
}

fn currentTime(call: *Call, _: []const u8) !i64 {
    return call.now();
}

fn randomBytes(call: *Call, input: []const u8) ![]const u8 {
    const size = std.fmt.parseInt(u32, input, 10) catch return call.fail("the input is no decimal number");
    const random = try call.arena.alloc(u8, size);
    call.random(random);
    return random;
}

var answered: u64 = 0;

fn count(_: *Call, _: []const u8) !u64 {
    answered += 1;
    return answered;
}
