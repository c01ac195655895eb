//! A filter as an actor of Reflow's: readings inside a band leave on `inside`, others on `outside`.
const std = @import("std");
const plugbay = @import("plugbay");
const reflow = plugbay.reflow;
const Band = @This();

pub const panic = reflow.panic;

comptime {
    reflow.exportActor(Band);
}

pub const version = "1.0.0";

pub const metadata: reflow.Metadata = .{
    .component = "Band",
    .description = "Parts readings by whether they lie in a band",
    .inports = &.{.{ .name = "reading", .port_type = .Integer, .description = "a reading", .required = true }},
    .outports = &.{
        .{ .name = "inside", .port_type = .Integer, .description = "a reading in the band" },
        .{ .name = "outside", .port_type = .Integer, .description = "a reading outside of it" },
    },
    .config_schema = .literal(
        \\{"type": "object", "properties": {
        \\  "low": {"type": "integer", "default": 0},
        \\  "high": {"type": "integer", "default": 100}
        \\}}
    ),
};

const Config = struct { low: i64 = 0, high: i64 = 100 };

pub fn validateConfig(config: Config) bool {
    return config.low <= config.high;
}

pub fn process(context: *reflow.Context) !void {
    const reading = try context.data(i64, "reading") orelse return;
    const config = try context.configAs(Config);
    const port = if (reading >= config.low and reading <= config.high) "inside" else "outside";
    try context.output(port, .{ .Integer = reading });
}

test "readings are parted by the band" {
    var rig: plugbay.extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    rig.actor_config = .literal("{\"low\": -5, \"high\": 5}");
    inline for (.{ .{ -6, "outside" }, .{ -5, "inside" }, .{ 5, "inside" }, .{ 6, "outside" } }) |case| {
        const result = try rig.send(Band, "reading", .{ .Integer = case[0] });
        try std.testing.expectEqual(case[0], (try result.outport(rig.arena(), case[1])).?.Integer);
    }
}

test "a band that ends before it begins is refused" {
    try std.testing.expect(validateConfig(.{}));
    try std.testing.expect(!validateConfig(.{ .low = 1, .high = 0 }));
}
