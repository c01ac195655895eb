//! The conformance guest of Extism: a plugin, and an actor of Reflow's.
const std = @import("std");
const plugbay = @import("plugbay");
const operations = @import("byte_operations.zig");
const extism = plugbay.extism;
const Call = extism.Call;
const Value = plugbay.json.Value;

pub const panic = extism.panic;

comptime {
    plugbay.reflow.exportActor(@import("extism_actor_process.zig"));
    const Common = operations.Operations(Call);
    extism.exportFunction("contract", contract);
    extism.exportFunction("echo", Common.echo);
    extism.exportFunction("empty", Common.empty);
    extism.exportFunction("reverse", Common.reverse);
    extism.exportFunction("length", Common.length);
    extism.exportFunction("repeat", Common.repeat);
    extism.exportFunction("transform", Common.transform);
    extism.exportFunction("fail", Common.fail);
    extism.exportFunction("trap", Common.trap);
    extism.exportFunction("write_log", Common.writeLog);
    extism.exportFunction("config_get", configGet);
    extism.exportFunction("var_get", varGet);
    extism.exportFunction("var_set", varSet);
    extism.exportFunction("count", count);
    extism.exportFunction("http", http);
}

fn contract(_: *Call, _: []const u8) !@TypeOf(operations.contract("extism", "actor")) {
    return operations.contract("extism", "actor");
}

fn configGet(call: *Call, key: []const u8) !struct { value: ?[]const u8 } {
    return .{ .value = try call.config(key) };
}

fn varGet(call: *Call, key: []const u8) !struct { value: ?plugbay.json.ByteArray } {
    return .{ .value = if (try call.getVar(key)) |bytes| .{ .bytes = bytes } else null };
}

fn varSet(call: *Call, input: struct { key: []const u8, value: ?plugbay.json.ByteArray }) ![]const u8 {
    if (input.value) |value| try call.setVar(input.key, value.bytes) else try call.removeVar(input.key);
    return "ok";
}

fn count(call: *Call, _: []const u8) !u64 {
    var before: [8]u8 = @splat(0);
    if (try call.getVar("count")) |bytes| {
        if (bytes.len != 8) return call.fail("the variable count has not 8 bytes");
        before = bytes[0..8].*;
    }
    const next = std.mem.readInt(u64, &before, .little) +% 1;
    std.mem.writeInt(u64, &before, next, .little);
    try call.setVar("count", &before);
    return next;
}

const Request = struct { url: []const u8, method: []const u8, headers: Value, body: ?[]const u8 };

fn http(call: *Call, request: Request) !struct { status: u16, headers: Value, body: []const u8 } {
    var headers: std.ArrayList(extism.Header) = .empty;
    var pairs = request.headers.entries();
    while (pairs.next()) |pair| try headers.append(call.arena, .{
        .name = try pair.key(call.arena),
        .value = try pair.value.as([]const u8, call.arena, "headers"),
    });
    const response = try call.http(.{
        .url = request.url,
        .method = request.method,
        .headers = headers.items,
        .body = request.body orelse "",
    });
    return .{ .status = response.status, .headers = response.headers, .body = response.body };
}
