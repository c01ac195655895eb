//! Reflow actors: Extism plugins with typed ports, config and state.
const actor = @import("actor.zig");
const message = @import("message.zig");

pub const Context = @import("context.zig").Context;
pub const Message = message.Message;
pub const Metadata = actor.Metadata;
pub const Port = actor.Port;
pub const PortType = message.PortType;
pub const exportActor = actor.exportActor;
pub const panic = @import("../extism/export.zig").panic;
