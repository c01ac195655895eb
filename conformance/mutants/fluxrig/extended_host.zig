//! What the host of the extended profile offers beside the log.
const std = @import("std");
const host = @import("host.zig");
const mutation = @import("mutation.zig");

const env = struct {
    extern "env" fn emit(ptr: [*]const u8, len: usize) void;
    extern "env" fn reject(ptr: [*]const u8, len: usize) void;
    extern "env" fn flux_kv_get(key: [*]const u8, key_len: usize) u64;
    extern "env" fn flux_kv_put(key: [*]const u8, key_len: usize, value: [*]const u8, value_len: usize) u32;
    extern "env" fn flux_req_http(url: [*]const u8, url_len: usize, body: [*]const u8, body_len: usize) u64;
};

const wasi = struct {
    extern "wasi_snapshot_preview1" fn clock_time_get(clock: u32, precision: u64, time: *u64) u32;
    extern "wasi_snapshot_preview1" fn random_get(buffer: [*]u8, len: usize) u32;
};

pub fn emit(message: []const u8) void {
    env.emit(message.ptr, message.len);
}

pub fn reject(reason: []const u8) void {
    env.reject(reason.ptr, reason.len);
}

/// The value of a key, copied; null when there is none or the host refuses.
pub fn get(arena: std.mem.Allocator, key: []const u8) error{OutOfMemory}!?[]const u8 {
    return take(arena, env.flux_kv_get(key.ptr, key.len));
}

/// Whether the host stored it.
pub fn put(key: []const u8, value: []const u8) bool {
    const name = if (mutation.is("keys_cut")) key[0..@min(key.len, 16)] else key;
    const answer = env.flux_kv_put(name.ptr, name.len, value.ptr, value.len);
    return answer == 0 or mutation.is("refusal_taken_for_success");
}

/// The response in CBOR, copied; null when the host refused or failed.
pub fn request(arena: std.mem.Allocator, url: []const u8, body: []const u8) error{OutOfMemory}!?[]const u8 {
    return take(arena, env.flux_req_http(url.ptr, url.len, body.ptr, body.len));
}

pub fn time() u64 {
    var now: u64 = 0;
    if (wasi.clock_time_get(0, 1, &now) != 0) return 0;
    return if (mutation.is("time_in_milliseconds")) now / std.time.ns_per_ms else now;
}

pub fn random(buffer: []u8) void {
    if (mutation.is("randomness_of_its_own")) return @memset(buffer, 4);
    _ = wasi.random_get(buffer.ptr, buffer.len);
}

/// Copies what the host handed over and frees it.
fn take(arena: std.mem.Allocator, answer: u64) error{OutOfMemory}!?[]const u8 {
    if (answer == 0) return null;
    const ptr: [*]u8 = @ptrFromInt(@as(usize, @intCast(answer >> 32)));
    const handed = ptr[0..@as(u32, @truncate(answer))];
    defer if (!mutation.is("handed_bytes_leak")) host.gpa.free(handed.ptr[0..@max(handed.len, 1)]);
    return try arena.dupe(u8, handed);
}
