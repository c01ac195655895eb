const std = @import("std");
const plugbay = @import("plugbay");

pub fn build(b: *std.Build) void {
    plugbay.addPlugin(b, .{ .name = "«name»", .root_source_file = b.path("src/main.zig") });
}
