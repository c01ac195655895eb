//! One call of an Extism plugin: what its function is given.
const std = @import("std");
const Allocator = std.mem.Allocator;
const failure = @import("../failure.zig");
const host = @import("host.zig").host;
const json = @import("../json/json.zig");
const memory = @import("memory.zig");
const Level = @import("../log.zig").Level;

/// What a function reaches while it runs.
pub const Call = struct {
    /// Memory that lasts until the call is done. Nothing of it has to be freed.
    arena: Allocator,

    /// Write a line to the host's log.
    pub fn log(_: *const Call, level: Level, text: []const u8) void {
        writeLog(level, text);
    }

    /// `log` with a text that is put together.
    pub fn logf(call: *const Call, level: Level, comptime format: []const u8, arguments: anytype) void {
        writeLog(level, std.fmt.allocPrint(call.arena, format, arguments) catch format);
    }

    /// Fail the call with a reason: `return call.fail("there is nobody to greet");`.
    pub fn fail(call: *const Call, reason: []const u8) error{Failed} {
        return failure.copy(call.arena, reason);
    }

    /// `fail` with a reason that is put together.
    pub fn failf(call: *const Call, comptime format: []const u8, arguments: anytype) error{Failed} {
        return failure.keep(error.Failed, std.fmt.allocPrint(call.arena, format, arguments) catch format);
    }

    /// The text of a key of the plugin's config; null when there is none.
    pub fn config(call: *const Call, key: []const u8) Allocator.Error!?[]const u8 {
        return memory.take(call.arena, host.config_get(try memory.give(key)));
    }

    /// A variable; null when there is none.
    pub fn getVar(call: *const Call, key: []const u8) Allocator.Error!?[]const u8 {
        return memory.take(call.arena, host.var_get(try memory.give(key)));
    }

    /// Set a variable. Extism can't hold an empty one: that removes it.
    pub fn setVar(_: *const Call, key: []const u8, value: []const u8) Allocator.Error!void {
        host.var_set(try memory.give(key), try memory.give(value));
    }

    /// Remove a variable.
    pub fn removeVar(_: *const Call, key: []const u8) Allocator.Error!void {
        host.var_set(try memory.give(key), 0);
    }

    /// Do an HTTP request. A host that refuses, or can't, ends the call with an error of its own.
    pub fn http(call: *const Call, request: Request) json.WriteError!Response {
        const described = try json.write(call.arena, .{
            .url = request.url,
            .method = request.method,
            .headers = Headers{ .list = request.headers },
        });
        const body = host.http_request(try memory.give(described), try memory.give(request.body));
        return .{
            .status = @truncate(host.http_status_code()),
            .headers = try readHeaders(call.arena, host.http_headers()),
            .body = try memory.take(call.arena, body) orelse "",
        };
    }
};

/// An HTTP request.
pub const Request = struct {
    /// Where to.
    url: []const u8,
    /// The method.
    method: []const u8 = "GET",
    /// Headers to send.
    headers: []const Header = &.{},
    /// The body; empty for none.
    body: []const u8 = "",
};

/// A header of a request or response.
pub const Header = struct { name: []const u8, value: []const u8 };

/// A server's answer.
pub const Response = struct {
    /// The status code.
    status: u16,
    /// Headers as an object of texts, names in lower case.
    headers: json.Value,
    /// All of the body.
    body: []const u8,
};

const Headers = struct {
    list: []const Header,

    /// Write them as an object.
    pub fn writeJson(headers: Headers, writer: *json.Writer) void {
        writer.raw("{");
        for (headers.list, 0..) |header, index| {
            if (index > 0) writer.raw(",");
            writer.text(header.name);
            writer.raw(":");
            writer.text(header.value);
        }
        writer.raw("}");
    }
};

fn readHeaders(arena: Allocator, handle: memory.Handle) Allocator.Error!json.Value {
    const text = try memory.take(arena, handle) orelse return json.Value.literal("{}");
    return json.parse(text) catch json.Value.literal("{}");
}

/// Write a line to the host's log. A line for which Extism has no memory is lost.
pub fn writeLog(level: Level, text: []const u8) void {
    const handle = memory.give(text) catch return;
    switch (level) {
        .trace => host.log_trace(handle),
        .debug => host.log_debug(handle),
        .info => host.log_info(handle),
        .warn => host.log_warn(handle),
        .@"error" => host.log_error(handle),
    }
}
