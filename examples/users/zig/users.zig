//! The PrioStack user service in Zig, in the calling convention `packed`.
const std = @import("std");
const json = @import("json.zig");
const abi = @import("packed.zig");

const gpa = abi.gpa;

const Request = struct {
    email: json.Text,
    name: json.Text,

    /// An object with both fields or, as in Rust, an array of them in order.
    fn read(input: []const u8) json.Error!Request {
        var reader = json.Reader{ .left = input, .gpa = gpa };
        defer reader.deinit();
        reader.space();
        const request = if (reader.take('[')) try fromArray(&reader) else try fromObject(&reader);
        reader.space();
        return if (reader.left.len == 0) request else error.Invalid;
    }

    fn fromArray(reader: *json.Reader) json.Error!Request {
        reader.space();
        const email = try reader.string();
        reader.space();
        try reader.need(',');
        reader.space();
        const name = try reader.string();
        reader.space();
        try reader.need(']');
        return .{ .email = email, .name = name };
    }

    fn fromObject(reader: *json.Reader) json.Error!Request {
        var email: ?json.Text = null;
        var name: ?json.Text = null;
        try reader.need('{');
        reader.space();
        if (reader.take('}')) return error.Invalid;
        while (true) {
            reader.space();
            const key = try reader.string();
            reader.space();
            try reader.need(':');
            reader.space();
            const field = if (key.says("email")) &email else if (key.says("name")) &name else null;
            if (field) |text| {
                if (text.* != null) return error.Invalid;
                text.* = try reader.string();
            } else try reader.skip();
            reader.space();
            if (reader.take('}')) break;
            try reader.need(',');
        }
        return .{ .email = email orelse return error.Invalid, .name = name orelse return error.Invalid };
    }
};

/// The user that the request asks for, or an object with the single key `error`.
fn createUser(input: []const u8) !abi.Answer {
    const request = Request.read(input) catch |problem| switch (problem) {
        error.Invalid => return copy("{\"error\": \"Invalid input\"}"),
        error.OutOfMemory => return error.OutOfMemory,
    };
    if (request.email.raw.len == 0 or request.name.raw.len == 0)
        return copy("{\"error\": \"Email and name are required\"}");
    const before = "{\"id\":\"user_123\",\"email\":";
    const between = ",\"name\":";
    const most = before.len + between.len + request.email.raw.len + request.name.raw.len + 5;
    var user: std.ArrayList(u8) = try .initCapacity(gpa, most);
    user.appendSliceAssumeCapacity(before);
    request.email.write(&user);
    user.appendSliceAssumeCapacity(between);
    request.name.write(&user);
    user.appendAssumeCapacity('}');
    return .{ .output = try user.toOwnedSlice(gpa) };
}

fn echo(input: []const u8) !abi.Answer {
    return copy(input);
}

/// Fails with the input as its message.
fn fail(input: []const u8) !abi.Answer {
    return .{ .failure = try gpa.dupe(u8, input) };
}

fn copy(bytes: []const u8) !abi.Answer {
    return .{ .output = try gpa.dupe(u8, bytes) };
}

comptime {
    @export(&abi.function(createUser), .{ .name = "createUser" });
    @export(&abi.function(echo), .{ .name = "echo" });
    @export(&abi.function(fail), .{ .name = "fail" });
}
