//! What byte functions of every convention may import.
const env = struct {
    extern "env" fn log(level: u32, ptr: [*]const u8, len: usize) void;
    extern "env" fn now() u64;
    extern "env" fn random(ptr: [*]u8, len: usize) void;
};

pub const Level = enum(u32) { debug = 1, info = 2, warn = 3, @"error" = 4 };

/// A slice of no bytes may point anywhere, and the host takes no pointer that does not lie in the memory.
pub fn start(bytes: []const u8) [*]const u8 {
    return if (bytes.len == 0) "" else bytes.ptr;
}

pub fn log(level: Level, text: []const u8) void {
    env.log(@backingInt(level), start(text), text.len);
}

/// Nanoseconds since 1970.
pub fn now() u64 {
    return env.now();
}

pub fn random(bytes: []u8) void {
    if (bytes.len > 0) env.random(bytes.ptr, bytes.len);
}
