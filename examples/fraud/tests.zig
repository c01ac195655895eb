//! All tests of the gear: `python -m ziglang test tests.zig`.
test {
    _ = @import("cbor.zig");
    _ = @import("reference.zig");
    _ = @import("seen.zig");
    _ = @import("table.zig");
    _ = @import("desk_test.zig");
}
