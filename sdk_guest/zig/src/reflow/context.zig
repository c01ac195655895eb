//! One message of an actor: what its function is given.
const std = @import("std");
const Allocator = std.mem.Allocator;
const bytes_of = @import("../bytes.zig");
const calls = @import("../extism/call.zig");
const failure = @import("../failure.zig");
const host = @import("../extism/host.zig").host;
const json = @import("../json/json.zig");
const memory = @import("../extism/memory.zig");
const Level = @import("../log.zig").Level;
const Message = @import("message.zig").Message;

/// What an actor's function reaches while it handles one message.
pub const Context = struct {
    /// Memory that lasts until the message is done. Nothing of it has to be freed.
    arena: Allocator,
    /// The values that came in, tagged, by inport.
    payload: json.Value,
    /// The actor's own config, an object; `context.config.get("limit")`, or all of it by `configAs`.
    config: json.Value,
    /// The name of the actor's node.
    node_id: []const u8,
    /// The name of the component.
    component: []const u8,
    /// The actor's state. When it was changed, it is all of the new state.
    state: json.Object,

    outputs: std.ArrayList(Output) = .empty,

    const Output = struct { port: []const u8, message: Message };

    /// Whether anything came in on a port; for Flow that is all there is to know.
    pub fn has(context: *const Context, port: []const u8) bool {
        return context.payload.get(port) != null;
    }

    /// What came in on a port; null when nothing did.
    pub fn input(context: *const Context, port: []const u8) json.Error!?Message {
        return try Message.read(context.payload.get(port) orelse return null, context.arena, port);
    }

    /// The data of what came in on a port, whatever its type is, as a `T`; null when nothing came in.
    pub fn data(context: *const Context, comptime T: type, port: []const u8) json.Error!?T {
        const tagged = context.payload.get(port) orelse return null;
        return try (tagged.get("data") orelse json.Value.none).as(T, context.arena, port);
    }

    /// Send a value on an outport, with the result. A second one for the same port takes the place of the first.
    pub fn output(context: *Context, port: []const u8, message: Message) Allocator.Error!void {
        for (context.outputs.items) |*there| if (bytes_of.same(there.port, port)) {
            there.message = message;
            return;
        };
        try context.outputs.append(context.arena, .{ .port = port, .message = message });
    }

    /// The config as a struct; fields with defaults are for keys that may be missing.
    pub fn configAs(context: *const Context, comptime T: type) json.Error!T {
        return context.config.as(T, context.arena, "config");
    }

    /// A key of the state in the host's store, as it stands now; null when there is none.
    pub fn getState(context: *const Context, key: []const u8) (json.ParseError || Allocator.Error)!json.Value {
        const text = try memory.take(context.arena, host.get_state(try memory.give(key))) orelse return json.Value.none;
        return if (text.len == 0) json.Value.none else json.parse(text);
    }

    /// Set a key of the state in the host's store, at once. A state that the result brings replaces it.
    pub fn setState(context: *const Context, key: []const u8, value: anytype) json.WriteError!void {
        const text = try json.write(context.arena, value);
        host.set_state(try memory.give(key), try memory.give(text));
    }

    /// Send a value on an outport before the result. The host types it by its kind: null is Optional, a whole number
    /// Integer, another one Float, and so on.
    pub fn send(context: *const Context, port: []const u8, value: anytype) json.WriteError!void {
        var object = json.Object{ .name = "outputs", .arena = context.arena };
        try object.set(port, value);
        host.send_output(try memory.give(try json.write(context.arena, object)));
    }

    /// Write a line to the host's log.
    pub fn log(_: *const Context, level: Level, text: []const u8) void {
        calls.writeLog(level, text);
    }

    /// `log` with a text that is put together.
    pub fn logf(context: *const Context, level: Level, comptime format: []const u8, arguments: anytype) void {
        calls.writeLog(level, std.fmt.allocPrint(context.arena, format, arguments) catch format);
    }

    /// Fail the message with a reason: `return context.fail("the amount is negative");`.
    pub fn fail(context: *const Context, reason: []const u8) error{Failed} {
        return failure.copy(context.arena, reason);
    }

    /// `fail` with a reason that is put together.
    pub fn failf(context: *const Context, comptime format: []const u8, arguments: anytype) error{Failed} {
        return failure.keep(error.Failed, std.fmt.allocPrint(context.arena, format, arguments) catch format);
    }

    /// The result, in JSON.
    pub fn writeJson(context: Context, writer: *json.Writer) void {
        writer.raw("{\"outputs\":{");
        for (context.outputs.items, 0..) |each, index| {
            if (index > 0) writer.raw(",");
            writer.text(each.port);
            writer.raw(":");
            each.message.writeJson(writer);
        }
        writer.raw("}");
        if (context.state.changed) {
            writer.raw(",\"state\":");
            writer.write(context.state);
        }
        writer.raw("}");
    }
};

/// The context that the input of `process` is.
pub fn read(arena: Allocator, input: json.Value) json.Error!Context {
    const Outer = struct { payload: json.Value = .literal("{}"), config: json.Value = .literal("{}"), state: json.Value = .none };
    const About = struct { config: json.Value = .literal("{}"), node_id: []const u8 = "", component: []const u8 = "" };
    const outer = try input.as(Outer, arena, "context");
    const about = try outer.config.as(About, arena, "config");
    return .{
        .arena = arena,
        .payload = outer.payload,
        .config = about.config,
        .node_id = about.node_id,
        .component = about.component,
        .state = try .of(arena, "state", outer.state),
    };
}
