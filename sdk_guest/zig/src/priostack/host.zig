//! What a byte function may import, and the same functions for tests.
const builtin = @import("builtin");

/// The host: imports in WebAssembly, a test's `Rig` elsewhere.
pub const host = if (builtin.cpu.arch.isWasm()) imports else @import("testing.zig").fake;

const imports = struct {
    pub const log = env.log;
    pub const now = env.now;
    pub const random = env.random;

    const env = struct {
        extern "env" fn log(level: u32, ptr: [*]const u8, len: usize) void;
        extern "env" fn now() i64;
        extern "env" fn random(ptr: [*]u8, len: usize) void;
    };
};
