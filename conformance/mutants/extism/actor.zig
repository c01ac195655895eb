//! The actor: its description, and the values that pass it.
const std = @import("std");
const call = @import("call.zig");
const functions = @import("functions.zig");
const mutation = @import("mutation.zig");
const operations = @import("operations.zig");

const Call = call.Call;
const Error = call.Error;
const Value = std.json.Value;
const Object = std.json.ObjectMap;

pub const types = .{ "Flow", "Event", "Boolean", "Integer", "Float", "String", "Object", "Array", "Stream", "Optional", "Any", "Error" };

/// What `process` makes: the values on the outports, and the state unless it stays as it is.
pub const Result = struct { outputs: Object = .empty, state: ?Value = null };

/// What `process` is given.
pub const Context = struct { payload: Object, node: Object, config: Value, state: Value };

const Port = struct { name: []const u8, description: []const u8, port_type: []const u8, required: bool = false };

var messages: u32 = 0;

pub fn get_metadata(c: *Call) Error![]const u8 {
    const inports = comptime ports("_in", "op");
    const outports = comptime ports("_out", "result");
    const nothing: Object = .empty;
    return c.write(.{
        .component = if (mutation.is(111)) "Conformances" else "Conformance",
        .description = "Answers the operations of the conformance contract",
        .inports = inports,
        .outports = outports,
        .config_schema = .{
            .type = "object",
            .properties = .{
                .label = .{ .type = "string", .default = "conformance" },
                .refuse = .{ .type = "boolean" },
            },
            .@"$defs" = Value{ .object = nothing },
        },
    });
}

pub fn get_version(c: *Call) Error![]const u8 {
    return c.write(if (mutation.is(113)) "1.0" else "1.0.0");
}

pub fn validate_config(c: *Call) Error![]const u8 {
    const config = try c.parse(struct { refuse: bool = false }, c.input);
    return c.write(mutation.is(112) or !config.refuse);
}

pub fn process(c: *Call) Error![]const u8 {
    messages +%= 1;
    const context = try read(c);
    var result: Result = .{};
    for (context.payload.keys(), context.payload.values(), 0..) |port, message, at| {
        if (mutation.is(152) and context.payload.count() == 3 and at == 2) continue;
        if (message != .object) return c.fail("no message on {s}", .{port});
        if (std.mem.eql(u8, port, "op")) {
            try operations.run(c, context, message.object.get("data") orelse .null, &result);
        } else {
            try pass(c, port, message.object, &result);
        }
    }
    if (result.state) |state| return c.write(.{ .outputs = Value{ .object = result.outputs }, .state = state });
    return c.write(.{ .outputs = Value{ .object = result.outputs } });
}

fn read(c: *Call) Error!Context {
    const document = try c.parse(Value, c.input);
    if (document != .object) return c.fail("the context is no object", .{});
    const payload = document.object.get("payload") orelse return c.fail("no payload", .{});
    if (mutation.is(128) and payload == .array) @trap();
    if (payload != .object) return c.fail("the payload is no object", .{});
    if (mutation.is(126) and document.object.contains("graph")) return c.fail("unknown field graph", .{});
    if (mutation.is(127) and !document.object.contains("state")) @trap();
    const node = document.object.get("config") orelse .null;
    const fields: Object = if (node == .object) node.object else .empty;
    if (mutation.is(125) and payload.object.count() == 0 and is_text(fields.get("node_id"), "node-7 ✓")) @trap();
    return .{
        .payload = payload.object,
        .node = fields,
        .config = fields.get("config") orelse .null,
        .state = document.object.get("state") orelse .null,
    };
}

fn pass(c: *Call, port: []const u8, message: Object, result: *Result) Error!void {
    const kind = text_of(message.get("type") orelse .null) orelse return c.fail("no type on {s}", .{port});
    const name = std.mem.cutSuffix(u8, port, "_in") orelse return c.fail("there is no port {s}", .{port});
    inline for (types) |known| {
        if (std.mem.eql(u8, kind, known)) {
            var output: Object = .empty;
            try output.put(c.arena, "type", .{ .string = kind });
            if (message.get("data")) |data| try output.put(c.arena, "data", data);
            if (!try mutate(c, kind, message.get("data"), &output)) return;
            return put(c, result, try std.mem.concat(c.arena, u8, &.{ name, "_out" }), output);
        }
    }
    if (mutation.is(129)) @trap();
    return c.fail("there is no type {s}", .{kind});
}

/// Change a value as the mutation has it; false when it is lost.
fn mutate(c: *Call, kind: []const u8, data: ?Value, output: *Object) Error!bool {
    if (mutation.is(0)) return true;
    const value = data orelse .null;
    if (mutation.is(130) and messages > 1 and value == .integer and value.integer == 7 and is(kind, "Integer")) {
        try output.put(c.arena, "data", .{ .integer = 8 });
    }
    if (mutation.is(131) and is_text(value, "sample")) _ = try call.leaking.alloc(u8, 1000);
    if (mutation.is(140) and is(kind, "Flow") and data == null) return false;
    if (mutation.is(141) and is(kind, "Event") and value == .string) try output.put(c.arena, "type", .{ .string = "String" });
    if (mutation.is(142) and is(kind, "Boolean")) try output.put(c.arena, "data", .{ .bool = true });
    if (mutation.is(143) and is(kind, "Integer") and value == .integer) {
        try output.put(c.arena, "data", .{ .integer = functions.rounded(value.integer) });
    }
    if (mutation.is(144) and value == .float and value.float == 3) try output.put(c.arena, "type", .{ .string = "Integer" });
    if (mutation.is(145) and is(kind, "String") and value == .string) {
        const end = std.mem.indexOfScalar(u8, value.string, 0) orelse value.string.len;
        try output.put(c.arena, "data", .{ .string = value.string[0..end] });
    }
    if (mutation.is(146) and value == .object) if (value.object.get("data")) |inner| try output.put(c.arena, "data", inner);
    if (mutation.is(147) and is(kind, "Array") and value.array.items.len == 0) try output.put(c.arena, "data", .null);
    if (mutation.is(148) and is(kind, "Stream") and value.array.items.len == 256) {
        try output.put(c.arena, "data", .{ .string = "AAECAwQFBgc=" });
    }
    if (mutation.is(149) and is(kind, "Optional") and value == .null) try output.put(c.arena, "type", .{ .string = "Flow" });
    if (mutation.is(150) and is(kind, "Any") and value == .null) return false;
    if (mutation.is(151) and is(kind, "Error") and is_text(value, "broken")) return c.fail("{s}", .{value.string});
    if (mutation.is(153) and value == .object) if (value.object.getPtr("big")) |number| {
        number.integer -= 1;
    };
    if (mutation.is(155) and std.mem.indexOf(u8, c.input, "\\/") != null) {
        try output.put(c.arena, "data", .{ .string = "Gr\\u00fc\\u00dfe" });
    }
    return true;
}

pub fn put(c: *Call, result: *Result, port: []const u8, message: Object) Error!void {
    try result.outputs.put(c.arena, port, .{ .object = message });
}

pub fn text_of(value: Value) ?[]const u8 {
    return if (value == .string) value.string else null;
}

fn is(text: []const u8, other: []const u8) bool {
    return std.mem.eql(u8, text, other);
}

fn is_text(value: ?Value, expected: []const u8) bool {
    const found = value orelse return false;
    return found == .string and std.mem.eql(u8, found.string, expected);
}

fn ports(comptime ending: []const u8, comptime more: []const u8) [types.len + 1]Port {
    var list: [types.len + 1]Port = undefined;
    for (types, 0..) |kind, at| {
        var name: [kind.len]u8 = undefined;
        _ = std.ascii.lowerString(&name, kind);
        const whole = name ++ ending;
        list[at] = .{ .name = whole, .description = "A value of the type " ++ kind, .port_type = kind };
    }
    list[types.len] = .{ .name = more, .description = "An operation, or its answer", .port_type = "Object" };
    return list;
}
