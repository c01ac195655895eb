//! plugbay's SDK for plugins in Zig: fluxrig gears, Extism plugins, Reflow actors and PrioStack byte functions.
pub const cbor = @import("cbor/cbor.zig");
pub const extism = @import("extism/extism.zig");
pub const fluxrig = @import("fluxrig/fluxrig.zig");
pub const json = @import("json/json.zig");
pub const priostack = @import("priostack/priostack.zig");
pub const reflow = @import("reflow/reflow.zig");

/// How urgent a log line is.
pub const Level = @import("log.zig").Level;
/// Marks bytes as a byte string where a value of a message is set.
pub const bytes = cbor.bytes;

/// The version of this package.
pub const version = "0.1.0";
