//! The actor of the conformance guest.
const std = @import("std");
const plugbay = @import("plugbay");
const reflow = plugbay.reflow;
const Context = reflow.Context;
const Value = plugbay.json.Value;
const contract = @import("byte_operations.zig").contract;

pub const version = "1.0.0";

pub const metadata: reflow.Metadata = .{
    .component = "Conformance",
    .description = "Answers what plugbay's conformance suite asks of an actor",
    .inports = &(ports("_in") ++ .{reflow.Port{ .name = "op", .port_type = .Object, .description = "an operation" }}),
    .outports = &(ports("_out") ++ .{reflow.Port{ .name = "result", .port_type = .Object, .description = "its answer" }}),
    .config_schema = .literal(
        \\{"type": "object", "properties": {
        \\  "label": {"type": "string", "default": "conformance"},
        \\  "refuse": {"type": "boolean"}
        \\}}
    ),
};

const names = @typeInfo(reflow.PortType).@"enum".field_names;

fn ports(comptime suffix: []const u8) [names.len]reflow.Port {
    var all: [names.len]reflow.Port = undefined;
    for (names, &all) |name, *port| port.* = .{
        .name = portName(name, suffix),
        .port_type = @field(reflow.PortType, name),
        .description = "a value of the type " ++ name,
    };
    return all;
}

fn portName(comptime name: []const u8, comptime suffix: []const u8) []const u8 {
    return .{std.ascii.toLower(name[0])} ++ name[1..] ++ suffix;
}

pub fn validateConfig(config: struct { refuse: bool = false }) bool {
    return !config.refuse;
}

const Operation = enum {
    contract,
    types,
    context,
    state_get,
    state_set,
    state_replace,
    state_keep,
    count,
    send,
    silent,
    log,
    big,
    fail,
    trap,
};

pub fn process(context: *Context) !void {
    inline for (names) |name| {
        if (try context.input(comptime portName(name, "_in"))) |message|
            try context.output(comptime portName(name, "_out"), message);
    }
    if (try context.data(Value, "op")) |request| try operate(context, request);
}

fn operate(context: *Context, request: Value) !void {
    const arena = context.arena;
    const op = (try request.as(struct { op: []const u8 }, arena, "op")).op;
    switch (std.meta.stringToEnum(Operation, op) orelse return context.failf("unknown operation {s}", .{op})) {
        .contract => {
            const said = contract("extism", "actor");
            return answer(context, .{
                .op = op,
                .contract = said.contract,
                .abi = said.abi,
                .profile = said.profile,
                .language = said.language,
                .sdk = said.sdk,
                .sdk_version = said.sdk_version,
            });
        },
        .types => return types(context),
        .context => return answer(context, .{
            .op = op,
            .config = context.config,
            .node_id = context.node_id,
            .component = context.component,
            .state = context.state,
        }),
        .state_get => {
            const key = (try request.as(struct { key: []const u8 }, arena, "op")).key;
            return answer(context, .{ .op = op, .value = try context.getState(key) });
        },
        .state_set => {
            const given = try request.as(struct { key: []const u8, value: Value }, arena, "op");
            try context.setState(given.key, given.value);
        },
        .state_replace => {
            const state = (try request.as(struct { state: Value }, arena, "op")).state;
            if (state.kind() != .object) return context.fail("op.state is no object");
            context.state = try .of(arena, "state", state);
            context.state.changed = true;
        },
        .state_keep => {},
        .count => {
            const before = try context.state.get(?i64, "count") orelse 0;
            const count = std.math.add(i64, before, 1) catch return context.fail("the count is too large to add 1");
            try context.state.set("count", count);
            return answer(context, .{ .op = op, .count = count });
        },
        .send => {
            const given = try request.as(struct { port: []const u8, values: []const Value }, arena, "op");
            for (given.values) |value| try context.send(given.port, value);
            return answer(context, .{ .op = op, .sent = given.values.len });
        },
        .silent => return,
        .log => {
            const line = try request.as(struct { level: plugbay.Level, text: []const u8 }, arena, "op");
            context.log(line.level, line.text);
        },
        .big => {
            const text = try arena.alloc(u8, (try request.as(struct { size: u32 }, arena, "op")).size);
            @memset(text, 'x');
            return answer(context, .{ .op = op, .text = text });
        },
        .fail => return context.fail((try request.as(struct { reason: []const u8 }, arena, "op")).reason),
        .trap => @panic("the operation trap was asked for"),
    }
    try answer(context, .{ .op = op });
}

fn answer(context: *Context, fields: anytype) !void {
    try context.output("result", .{ .Object = .{ .text = try plugbay.json.write(context.arena, fields) } });
}

fn types(context: *Context) !void {
    try context.output("flow_out", .Flow);
    try context.output("event_out", .{ .Event = .literal("{\"kind\": \"tick\"}") });
    try context.output("boolean_out", .{ .Boolean = true });
    try context.output("integer_out", .{ .Integer = std.math.minInt(i64) });
    try context.output("float_out", .{ .Float = 0.1 });
    try context.output("string_out", .{ .String = "Grüße, 世界 🚀" });
    try context.output("object_out", .{ .Object = .literal("{\"a\": {\"b\": 1}}") });
    try context.output("array_out", .{ .Array = .literal("[1, \"two\", null]") });
    try context.output("stream_out", .{ .Stream = "\x00\x7f\x80\xff" });
    try context.output("optional_out", .{ .Optional = .literal("7") });
    try context.output("any_out", .{ .Any = .literal("[true]") });
    try context.output("error_out", .{ .Error = "broken" });
}
