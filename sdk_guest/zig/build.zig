//! The build of the package: a module `plugbay` for plugins, and `addPlugin` for the build of a plugin.
const std = @import("std");

/// Offers the module, and runs the package's own tests: `zig build test`.
pub fn build(b: *std.Build) void {
    _ = b.addModule("plugbay", .{ .root_source_file = b.path("src/plugbay.zig") });
    const tests = b.addTest(.{
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/tests.zig"),
            .target = b.graph.host,
        }),
    });
    b.step("test", "Run the tests of the package").dependOn(&b.addRunArtifact(tests).step);
}

/// A plugin to build.
pub const PluginOptions = struct {
    /// Its name: the module becomes `zig-out/bin/NAME.wasm`.
    name: []const u8,
    /// Its root file, which has the `comptime` block with the exports.
    root_source_file: std.Build.LazyPath,
    /// `.ReleaseSafe` keeps Zig's checks at run time, which are worth more than the bytes that they take where the plugin
    /// does arithmetic on what it is sent.
    optimize: std.lang.Optimize = .ReleaseSmall,
    /// A stack of 64 KiB keeps a module within the 16 pages of memory that a fluxrig rack gives a gear.
    stack_size: u64 = 64 * 1024,
};

/// Builds a plugin with the step `install`, and runs its tests, natively, with the step `test`.
pub fn addPlugin(b: *std.Build, options: PluginOptions) void {
    const sdk = b.dependencyFromBuildZig(@This(), .{}).module("plugbay");
    const plugin = b.addExecutable(.{
        .name = options.name,
        .root_module = b.createModule(.{
            .root_source_file = options.root_source_file,
            .target = b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .freestanding }),
            .optimize = options.optimize,
            .strip = true,
            .imports = &.{.{ .name = "plugbay", .module = sdk }},
        }),
    });
    plugin.entry = .disabled;
    plugin.rdynamic = true;
    plugin.stack_size = options.stack_size;
    b.installArtifact(plugin);

    const tests = b.addTest(.{
        .root_module = b.createModule(.{
            .root_source_file = options.root_source_file,
            .target = b.graph.host,
            .imports = &.{.{ .name = "plugbay", .module = sdk }},
        }),
    });
    const step = if (b.top_level_steps.get("test")) |known| &known.step else b.step("test", "Run the tests");
    step.dependOn(&b.addRunArtifact(tests).step);
}
