//! A message that is decoded when it is asked for.
const Allocator = @import("std").mem.Allocator;
const wire = @import("wire.zig");
const Message = @import("message.zig").Message;

/// A message as it came. A gear that answers `pass` without looking passes the bytes on unjudged, and is smaller by all
/// that reads messages.
pub const Unread = struct {
    arena: Allocator,
    /// The bytes that came in.
    bytes: []const u8,
    is_decoded: bool = false,
    decoded: Message = undefined,

    /// The message; changes to it are kept. Bytes that are none are an error, as they are for any other gear.
    pub fn message(unread: *Unread) wire.Error!*Message {
        if (!unread.is_decoded) unread.decoded = try wire.decode(unread.arena, unread.bytes);
        unread.is_decoded = true;
        return &unread.decoded;
    }
};
