//! All tests of the package, run by `zig test src/tests.zig`.
test {
    _ = @import("heap_test.zig");
    _ = @import("arena_test.zig");
    _ = @import("bytes_test.zig");
    _ = @import("cbor/cbor_test.zig");
    _ = @import("fluxrig/fluxrig_test.zig");
    _ = @import("json/json_test.zig");
    _ = @import("extism/extism_test.zig");
    _ = @import("reflow/reflow_test.zig");
    _ = @import("priostack/priostack_test.zig");
}
