//! The smallest core gear that reads its messages: each is judged, decoded, and sent on.
const fluxrig = @import("plugbay").fluxrig;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

fn handle(_: *fluxrig.Gear, _: *fluxrig.Message) !fluxrig.Answer {
    return .pass;
}
