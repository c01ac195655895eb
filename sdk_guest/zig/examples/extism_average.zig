//! An actor with state: the average of all readings so far, exact, and a signal when a reading is a new record.
const std = @import("std");
const plugbay = @import("plugbay");
const reflow = plugbay.reflow;
const Average = @This();

pub const panic = reflow.panic;

comptime {
    reflow.exportActor(Average);
}

pub const version = "1.0.0";

pub const metadata: reflow.Metadata = .{
    .component = "Average",
    .description = "Tells the average of all readings so far, and records",
    .inports = &.{
        .{ .name = "reading", .port_type = .Integer, .description = "a reading" },
        .{ .name = "reset", .port_type = .Flow, .description = "forget all readings" },
    },
    .outports = &.{
        .{ .name = "average", .port_type = .Object, .description = "count, sum and average, rounded down" },
        .{ .name = "record", .port_type = .Flow, .description = "the reading was the highest so far" },
    },
};

pub fn process(context: *reflow.Context) !void {
    if (context.has("reset")) {
        context.state.clear();
        context.log(.info, "all readings are forgotten");
    }
    const reading = try context.data(i64, "reading") orelse return;
    const count = (try context.state.get(?u32, "count") orelse 0) +| 1;
    const before = try context.state.get(?i64, "sum") orelse 0;
    const sum = std.math.add(i64, before, reading) catch return context.fail("the sum does not fit into 64 bits");
    const highest = try context.state.get(?i64, "highest");
    try context.state.set("count", count);
    try context.state.set("sum", sum);
    if (highest == null or reading > highest.?) {
        try context.state.set("highest", reading);
        try context.output("record", .Flow);
    }
    const average = .{ .count = count, .sum = sum, .average = @divFloor(sum, count) };
    try context.output("average", .{ .Object = .{ .text = try plugbay.json.write(context.arena, average) } });
}

fn expectAverage(expected: []const u8, rig: *plugbay.extism.testing.Rig, reading: i64, is_record: bool) !void {
    const result = try rig.send(Average, "reading", .{ .Integer = reading });
    try std.testing.expectEqualStrings(expected, (try result.outport(rig.arena(), "average")).?.Object.text);
    try std.testing.expectEqual(is_record, try result.outport(rig.arena(), "record") != null);
}

test "the average is of all readings since the last reset" {
    var rig: plugbay.extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    try expectAverage("{\"count\":1,\"sum\":-3,\"average\":-3}", &rig, -3, true);
    try expectAverage("{\"count\":2,\"sum\":-1,\"average\":-1}", &rig, 2, true);
    try expectAverage("{\"count\":3,\"sum\":0,\"average\":0}", &rig, 1, false);
    const reset = try rig.send(Average, "reset", .Flow);
    try std.testing.expectEqualStrings("all readings are forgotten", reset.logs[0].text);
    try expectAverage("{\"count\":1,\"sum\":1,\"average\":1}", &rig, 1, true);
}

test "a sum that does not fit fails, and nothing of it is kept" {
    var rig: plugbay.extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    _ = try rig.send(Average, "reading", .{ .Integer = std.math.maxInt(i64) });
    const result = try rig.send(Average, "reading", .{ .Integer = 1 });
    try std.testing.expectEqualStrings("the sum does not fit into 64 bits", result.reason);
    try std.testing.expectEqual(1, try rig.state.get(u32, "count"));
}
