//! Makes the exports of an actor.
const std = @import("std");
const contexts = @import("context.zig");
const extism = @import("../extism/export.zig");
const json = @import("../json/json.zig");
const Call = @import("../extism/call.zig").Call;
const PortType = @import("message.zig").PortType;

/// A port of an actor.
pub const Port = struct {
    /// Its name.
    name: []const u8,
    /// What it carries.
    port_type: PortType,
    /// What it is for.
    description: []const u8 = "",
    /// Whether each message must have a value for it.
    required: bool = false,
};

/// What an actor says of itself.
pub const Metadata = struct {
    /// Its name; not empty.
    component: []const u8,
    /// What it is for.
    description: []const u8,
    /// Ports that lead into it.
    inports: []const Port,
    /// Ports that lead out of it.
    outports: []const Port,
    /// A JSON Schema of its config; null takes any.
    config_schema: json.Value = .none,
};

/// Export an actor, in a `comptime` block of the root file. `Actor` is a struct, or a file, with
///
/// - `pub const metadata: reflow.Metadata`,
/// - `pub fn process(context: *reflow.Context) !void`,
/// - if it likes, `pub const version = "1.0.0"`,
/// - if it likes, `pub fn validateConfig(config: Config) bool` with a type that is read from JSON.
pub fn exportActor(comptime Actor: type) void {
    const functions = Functions(Actor);
    extism.exportFunction("process", functions.process);
    extism.exportFunction("get_metadata", functions.getMetadata);
    if (@hasDecl(Actor, "version")) extism.exportFunction("get_version", functions.getVersion);
    if (@hasDecl(Actor, "validateConfig")) extism.exportFunction("validate_config", functions.validateConfig);
}

/// The functions behind the exports.
pub fn Functions(comptime Actor: type) type {
    return struct {
        /// Handle one message.
        pub fn process(call: *Call, input: json.Value) !contexts.Context {
            var context = try contexts.read(call.arena, input);
            try Actor.process(&context);
            return context;
        }

        /// What the actor says of itself.
        pub fn getMetadata(_: *Call, _: []const u8) !Metadata {
            return Actor.metadata;
        }

        /// The actor's version.
        pub fn getVersion(_: *Call, _: []const u8) !json.Value {
            return .literal("\"" ++ Actor.version ++ "\"");
        }

        /// Whether the actor takes a config. One that can't be read as the type that it asks for is not taken.
        pub fn validateConfig(call: *Call, input: json.Value) !bool {
            const Config = @typeInfo(@TypeOf(Actor.validateConfig)).@"fn".param_types[0].?;
            const config = input.as(Config, call.arena, "config") catch return false;
            return Actor.validateConfig(config);
        }
    };
}
