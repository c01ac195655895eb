//! What byte functions of every convention may import.
const env = struct {
    extern "env" fn log(level: u32, ptr: [*]const u8, len: usize) void;
    extern "env" fn now() u64;
    extern "env" fn random(ptr: [*]u8, len: usize) void;
};

pub const Level = enum(u32) { debug = 1, info = 2, warn = 3, @"error" = 4 };

pub fn log(level: Level, text: []const u8) void {
    env.log(@backingInt(level), text.ptr, text.len);
}

/// Nanoseconds since 1970.
pub fn now() u64 {
    return env.now();
}

pub fn random(bytes: []u8) void {
    env.random(bytes.ptr, bytes.len);
}
