//! The operations of the actor.
const std = @import("std");
const actor = @import("actor.zig");
const call = @import("call.zig");
const functions = @import("functions.zig");
const host = @import("host.zig");
const mutation = @import("mutation.zig");

const Call = call.Call;
const Error = call.Error;
const Value = std.json.Value;
const Object = std.json.ObjectMap;

const Operation = struct {
    call: *Call,
    context: actor.Context,
    arguments: Object,
    result: *actor.Result,

    /// Answer with keys beside `op`, given as JSON.
    fn answer(self: Operation, keys: anytype) Error!void {
        const c = self.call;
        const written = try c.write(keys);
        var data: Object = .empty;
        try data.put(c.arena, "op", self.arguments.get("op").?);
        const more = try c.parse(Value, written);
        for (more.object.keys(), more.object.values()) |key, value| try data.put(c.arena, key, value);
        try self.emit("result", "Object", .{ .object = data });
    }

    fn emit(self: Operation, port: []const u8, kind: []const u8, data: Value) Error!void {
        var message: Object = .empty;
        try message.put(self.call.arena, "type", .{ .string = kind });
        try message.put(self.call.arena, "data", data);
        try actor.put(self.call, self.result, port, message);
    }

    fn text(self: Operation, key: []const u8) Error![]const u8 {
        return actor.text_of(self.arguments.get(key) orelse .null) orelse self.call.fail("{s} is no text", .{key});
    }
};

const nothing: struct {} = .{};
const names = .{ "contract", "types", "context", "state_get", "state_set", "state_replace", "state_keep", "count", "send", "silent", "log", "big", "fail", "trap" };

var has_failed = false;

pub fn run(c: *Call, context: actor.Context, data: Value, result: *actor.Result) Error!void {
    if (data != .object) return c.fail("op is no object", .{});
    const op = actor.text_of(data.object.get("op") orelse .null) orelse return c.fail("op is missing", .{});
    const operation: Operation = .{ .call = c, .context = context, .arguments = data.object, .result = result };
    inline for (names) |name| {
        if (std.mem.eql(u8, op, name)) return @field(all, name)(operation);
    }
    if (mutation.is(163)) return;
    return c.fail("there is no operation {s}", .{op});
}

const all = struct {
    fn contract(o: Operation) Error!void {
        if (mutation.is(182)) return o.answer(nothing);
        try o.answer(try o.call.parse(Value, try functions.contract(o.call)));
    }

    fn types(o: Operation) Error!void {
        const made =
            \\{"Flow": null, "Event": {"kind": "tick"}, "Boolean": true, "Integer": -9223372036854775808, "Float": 0.1,
            \\"String": "Grüße, 世界 🚀", "Object": {"a": {"b": 1}}, "Array": [1, "two", null],
            \\"Stream": [0, 127, 128, 255], "Optional": 7, "Any": [true], "Error": "broken"}
        ;
        const values = try o.call.parse(Value, made);
        inline for (actor.types) |kind| {
            var name: [kind.len]u8 = undefined;
            const port = try std.mem.concat(o.call.arena, u8, &.{ std.ascii.lowerString(&name, kind), "_out" });
            const is_wrong = mutation.is(154) and comptime std.mem.eql(u8, kind, "Stream");
            try o.emit(port, if (is_wrong) "Array" else kind, values.object.get(kind).?);
        }
    }

    fn context(o: Operation) Error!void {
        const node = o.context.node;
        const is_empty = o.context.config == .object and o.context.config.object.count() == 0;
        const is_new = o.context.state == .object and o.context.state.object.count() == 0;
        try o.answer(.{
            .config = if (mutation.is(161) and is_empty) .null else o.context.config,
            .node_id = if (mutation.is(160)) Value{ .string = "node" } else node.get("node_id") orelse .null,
            .component = node.get("component") orelse .null,
            .state = if (mutation.is(162) and is_new) .null else o.context.state,
        });
    }

    fn state_get(o: Operation) Error!void {
        var value = try o.call.parse(Value, try host.state(o.call.arena, try o.text("key")));
        if (mutation.is(170) and value == .integer) value = .{ .integer = functions.rounded(value.integer) };
        if (mutation.is(171) and value == .null) value = .{ .string = "" };
        try o.answer(.{ .value = value });
    }

    fn state_set(o: Operation) Error!void {
        const value = o.arguments.get("value") orelse .null;
        const written = try o.call.write(value);
        host.set_state(try o.text("key"), if (mutation.is(172) and value == .bool) "1" else written);
        try o.answer(nothing);
    }

    fn state_replace(o: Operation) Error!void {
        const new = o.arguments.get("state") orelse return o.call.fail("state is missing", .{});
        o.result.state = new;
        if (mutation.is(173) and new == .object) {
            var both = try o.context.state.object.clone(o.call.arena);
            for (new.object.keys(), new.object.values()) |key, value| try both.put(o.call.arena, key, value);
            o.result.state = .{ .object = both };
        }
        try o.answer(nothing);
    }

    fn state_keep(o: Operation) Error!void {
        if (mutation.is(174)) o.result.state = .{ .object = .empty };
        try o.answer(nothing);
    }

    fn count(o: Operation) Error!void {
        const c = o.call;
        if (mutation.is(185)) _ = try call.leaking.alloc(u8, 500);
        var state: Object = if (o.context.state == .object) try o.context.state.object.clone(c.arena) else .empty;
        const before = state.get("count") orelse Value{ .integer = 0 };
        if (before != .integer) return c.fail("count is no integer", .{});
        var after = before.integer + 1;
        if (mutation.is(166) and has_failed) after += 1;
        has_failed = false;
        if (mutation.is(175)) state = .empty;
        try state.put(c.arena, "count", .{ .integer = after });
        o.result.state = .{ .object = state };
        try o.answer(.{ .count = after });
    }

    fn send(o: Operation) Error!void {
        const port = try o.text("port");
        const values = o.arguments.get("values") orelse .null;
        if (values != .array) return o.call.fail("values is no array", .{});
        for (values.array.items) |value| {
            var outputs: Object = .empty;
            try outputs.put(o.call.arena, port, value);
            if (mutation.is(180) and value == .integer) {
                var tagged: Object = .empty;
                try tagged.put(o.call.arena, "type", .{ .string = "Integer" });
                try tagged.put(o.call.arena, "data", value);
                try outputs.put(o.call.arena, port, .{ .object = tagged });
            }
            host.send(try o.call.write(Value{ .object = outputs }));
        }
        try o.answer(.{ .sent = values.array.items.len });
    }

    fn silent(o: Operation) Error!void {
        if (mutation.is(181)) try o.answer(nothing);
    }

    fn log(o: Operation) Error!void {
        const name = try o.text("level");
        const level = std.meta.stringToEnum(host.Level, name) orelse return o.call.fail("no level {s}", .{name});
        host.log(if (mutation.is(183) and level == .warn) .@"error" else level, try o.text("text"));
        try o.answer(nothing);
    }

    fn big(o: Operation) Error!void {
        const size = o.arguments.get("size") orelse .null;
        if (size != .integer or size.integer < 0) return o.call.fail("size is no size", .{});
        const letters = try o.call.arena.alloc(u8, @intCast(if (mutation.is(184)) @min(size.integer, 1 << 20) else size.integer));
        @memset(letters, 'x');
        try o.answer(.{ .text = letters });
    }

    fn fail(o: Operation) Error!void {
        has_failed = true;
        const reason = try o.text("reason");
        return o.call.fail("{s}", .{if (mutation.is(164)) reason[0..@min(reason.len, 8000)] else reason});
    }

    fn trap(o: Operation) Error!void {
        if (!mutation.is(165)) @trap();
        try o.answer(nothing);
    }
};
