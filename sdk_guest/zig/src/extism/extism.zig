//! Extism plugins: functions of bytes, or of JSON.
const call = @import("call.zig");
const export_ = @import("export.zig");

pub const Call = call.Call;
pub const Header = call.Header;
pub const Request = call.Request;
pub const Response = call.Response;
pub const exportFunction = export_.exportFunction;
pub const panic = export_.panic;
pub const testing = @import("testing.zig");
