//! The smallest core gear: messages pass as they came, since it does not ask for them.
const fluxrig = @import("plugbay").fluxrig;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

fn handle(_: *fluxrig.Gear, _: *fluxrig.Unread) !fluxrig.Answer {
    return .pass;
}
