//! fluxrig gears: a function over a message in, an answer out.
const export_ = @import("export.zig");
const gear = @import("gear.zig");
const messages = @import("message.zig");

pub const Answer = gear.Answer;
pub const Gear = gear.Gear;
pub const Hop = messages.Hop;
pub const Id = messages.Id;
pub const Message = messages.Message;
pub const Meta = @import("meta.zig").Meta;
pub const Profile = gear.Profile;
pub const Unread = @import("unread.zig").Unread;
pub const exportGear = export_.exportGear;
pub const max_hops = messages.max_hops;
pub const nil_id = messages.nil_id;
pub const panic = export_.panic;
pub const testing = @import("testing.zig");

/// Gears of the extended profile.
pub const extended = struct {
    const module = @import("extended.zig");
    pub const Answer = module.Answer;
    pub const Gear = module.Gear;
    pub const Header = module.Header;
    pub const Response = module.Response;
};

test {
    _ = @import("wire.zig");
}
