const std = @import("std");
const json = @import("../json/json.zig");
const reflow = @import("reflow.zig");
const actors = @import("actor.zig");
const testing = std.testing;
const Message = reflow.Message;
const Rig = @import("../extism/testing.zig").Rig;

const Counter = struct {
    pub const metadata: reflow.Metadata = .{
        .component = "Counter",
        .description = "Counts",
        .inports = &.{ .{ .name = "add", .port_type = .Integer }, .{ .name = "echo", .port_type = .Any } },
        .outports = &.{.{ .name = "count", .port_type = .Integer }},
        .config_schema = .literal("{\"type\": \"object\"}"),
    };
    pub const version = "1.2.3";

    const Config = struct { initial: i64 = 0, refuse: bool = false };

    pub fn validateConfig(config: Config) bool {
        return !config.refuse;
    }

    pub fn process(context: *reflow.Context) !void {
        if (try context.data(i64, "add")) |number| {
            const config = try context.configAs(Config);
            const count = try context.state.get(?i64, "count") orelse config.initial;
            const sum = std.math.add(i64, count, number) catch return context.fail("the count does not fit into 64 bits");
            try context.send("progress", .{ .before = count });
            try context.setState("seen", try context.getState("seen"));
            try context.state.set("count", sum);
            try context.output("count", .{ .Integer = 0 });
            try context.output("count", .{ .Integer = sum });
        }
        if (try context.input("echo")) |message| try context.output("echo", message);
    }
};

test "an actor keeps its state, sends, and fails with a reason" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    rig.actor_config = .literal("{\"initial\": 10}");
    const first = try rig.send(Counter, "add", .{ .Integer = 5 });
    try testing.expectEqual(15, (try first.outport(rig.arena(), "count")).?.Integer);
    try testing.expectEqualStrings("{\"progress\":{\"before\":10}}", first.sent[0].text);
    _ = try rig.send(Counter, "add", .{ .Integer = 1 });
    try testing.expectEqual(16, try rig.state.get(i64, "count"));
    const failed = try rig.send(Counter, "add", .{ .Integer = std.math.maxInt(i64) });
    try testing.expectEqualStrings("the count does not fit into 64 bits", failed.reason);
    try testing.expectEqual(16, try rig.state.get(i64, "count"));
    const wrong = try rig.send(Counter, "add", .{ .String = "5" });
    try testing.expectEqualStrings("add: expected integer, found text", wrong.reason);
}

test "messages of all twelve types come back as they were" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    const messages = [_]Message{
        .Flow,                                .{ .Event = .literal("{\"k\": [1.50]}") }, .{ .Boolean = false },
        .{ .Integer = std.math.minInt(i64) }, .{ .Float = 5e-324 },
        .{ .String = "ü\"\n" },
        .{ .Object = .literal("{}") },        .{ .Array = .literal("[ ]") },             .{ .Stream = "\x00\xff" },
        .{ .Optional = .none },               .{ .Any = .literal("7") },                 .{ .Error = "broken" },
    };
    for (messages) |message| {
        const result = try rig.send(Counter, "echo", message);
        try testing.expectEqualDeep(message, (try result.outport(rig.arena(), "echo")).?);
        try testing.expectEqual(null, (try json.parse(result.output.?)).get("state"));
    }
}

test "data that does not fit its type is an error that names the port" {
    const arena = testing.allocator;
    const cases = .{
        .{ "{\"type\": \"Integer\", \"data\": 2.5}", error.OutOfRange },
        .{ "{\"type\": \"Integer\", \"data\": 9223372036854775808}", error.OutOfRange },
        .{ "{\"type\": \"Boolean\"}", error.WrongType },
        .{ "{\"type\": \"Object\", \"data\": []}", error.WrongType },
        .{ "{\"type\": \"Stream\", \"data\": [256]}", error.OutOfRange },
        .{ "{\"type\": \"Thing\"}", error.OutOfRange },
        .{ "{\"data\": 1}", error.Missing },
    };
    inline for (cases) |case| try testing.expectError(case[1], Message.read(try json.parse(case[0]), arena, "in"));
    const whole = try Message.read(try json.parse("{\"type\": \"Integer\", \"data\": 4.0}"), arena, "in");
    try testing.expectEqual(4, whole.Integer);
}

test "metadata, version and config are answered" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    const functions = actors.Functions(Counter);
    const metadata = try json.parse(rig.call(functions.getMetadata, "").output.?);
    try testing.expectEqualStrings("\"Counter\"", metadata.find("component").?.text);
    try testing.expectEqualStrings("{\"type\": \"object\"}", metadata.find("config_schema").?.text);
    try testing.expectEqualStrings("\"1.2.3\"", rig.call(functions.getVersion, "").output.?);
    try testing.expectEqualStrings("true", rig.call(functions.validateConfig, "{}").output.?);
    try testing.expectEqualStrings("false", rig.call(functions.validateConfig, "{\"refuse\": true}").output.?);
    try testing.expectEqualStrings("false", rig.call(functions.validateConfig, "{\"refuse\": \"x\"}").output.?);
}

test "a context without a payload, config or state is an empty one" {
    var rig: Rig = .init(testing.allocator);
    defer rig.deinit();
    try testing.expectEqualStrings("{\"outputs\":{}}", rig.call(actors.Functions(Counter).process, "{}").output.?);
    const empty = "{\"payload\":{},\"state\":null,\"config\":{\"node_id\":\"n\"}}";
    try testing.expectEqualStrings("{\"outputs\":{}}", rig.call(actors.Functions(Counter).process, empty).output.?);
}
