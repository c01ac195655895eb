//! An actor that counts, in steps that its config says. The count is its state.
const std = @import("std");
const plugbay = @import("plugbay");
const reflow = plugbay.reflow;
const Counter = @This();

pub const panic = reflow.panic;

comptime {
    reflow.exportActor(Counter);
}

pub const version = "0.1.0";

pub const metadata: reflow.Metadata = .{
    .component = "Counter",
    .description = "Counts, in steps that its config says",
    .inports = &.{
        .{ .name = "tick", .port_type = .Flow, .description = "counts once" },
        .{ .name = "reset", .port_type = .Flow, .description = "starts anew; comes before a tick" },
    },
    .outports = &.{.{ .name = "count", .port_type = .Integer, .description = "the new count" }},
    .config_schema = .literal(
        \\{"type": "object", "properties": {"step": {"type": "integer", "default": 1, "minimum": 1}}}
    ),
};

const Config = struct { step: i64 = 1 };

pub fn validateConfig(config: Config) bool {
    return config.step >= 1;
}

pub fn process(context: *reflow.Context) !void {
    const config = try context.configAs(Config);
    var count = try context.state.get(?i64, "count") orelse 0;
    if (context.has("reset")) count = 0;
    if (context.has("tick")) count +|= config.step;
    try context.state.set("count", count);
    try context.output("count", .{ .Integer = count });
}

fn expectCount(expected: i64, rig: *plugbay.extism.testing.Rig, port: []const u8) !void {
    const result = try rig.send(Counter, port, .Flow);
    try std.testing.expectEqual(expected, (try result.outport(rig.arena(), "count")).?.Integer);
}

test "ticks are counted in steps" {
    var rig: plugbay.extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    rig.actor_config = .literal("{\"step\": 5}");
    try expectCount(5, &rig, "tick");
    try expectCount(10, &rig, "tick");
    try std.testing.expectEqual(10, try rig.state.get(i64, "count"));
}

test "a reset starts anew" {
    var rig: plugbay.extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    try expectCount(1, &rig, "tick");
    try expectCount(0, &rig, "reset");
    try expectCount(1, &rig, "tick");
}

test "a step that leads nowhere is refused" {
    try std.testing.expect(validateConfig(.{}));
    try std.testing.expect(!validateConfig(.{ .step = 0 }));
}
