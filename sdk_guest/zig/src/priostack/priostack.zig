//! PrioStack byte functions: bytes in, bytes or an error out.
const export_ = @import("export.zig");

pub const Call = @import("call.zig").Call;
pub const exportFunctions = export_.exportFunctions;
pub const panic = export_.panic;
pub const testing = @import("testing.zig");
