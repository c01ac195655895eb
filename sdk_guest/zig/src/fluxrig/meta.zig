//! The meta of a message: text by key.
const cbor = @import("../cbor/map.zig");
const Encoder = @import("../cbor/encode.zig").Encoder;

/// Routing flags and protocol headers. Keys have dots in them: `event.type`, `conn.id`.
pub const Meta = struct {
    map: cbor.Map,

    /// The value of a key, null when there is none.
    pub fn get(meta: Meta, key: []const u8) ?[]const u8 {
        const item = meta.map.field(key) orelse return null;
        return item.as([]const u8, meta.map.arena, "meta") catch null;
    }

    /// Set a key.
    pub fn set(meta: *Meta, key: []const u8, value: []const u8) cbor.Map.SetError!void {
        try meta.map.setField(key, value);
    }

    /// Take away a key, if it is there.
    pub fn remove(meta: *Meta, key: []const u8) cbor.Map.SetError!void {
        try meta.map.removeField(key);
    }

    /// Write it as part of a message.
    pub fn writeCbor(meta: Meta, encoder: *Encoder) void {
        meta.map.writeCbor(encoder);
    }
};
