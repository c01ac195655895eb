//! What a gear may import, and the same functions for tests, which run without WebAssembly.
const std = @import("std");
const builtin = @import("builtin");
const bytes_of = @import("../bytes.zig");
const heap = @import("../heap.zig");
const Allocator = std.mem.Allocator;

/// The host: imports in WebAssembly, a test's `Rig` elsewhere.
pub const host = if (builtin.cpu.arch.isWasm()) imports else @import("testing.zig").fake;

const imports = struct {
    pub const log = env.log;
    pub const emit = env.emit;
    pub const reject = env.reject;
    pub const flux_kv_put = env.flux_kv_put;
    pub const clock_time_get = wasi.clock_time_get;
    pub const random_get = wasi.random_get;

    pub fn getState(arena: Allocator, key: []const u8) Allocator.Error!?[]const u8 {
        return take(arena, env.flux_kv_get(bytes_of.pointer(key), key.len));
    }

    pub fn requestHttp(arena: Allocator, url: []const u8, body: []const u8) Allocator.Error!?[]const u8 {
        return take(arena, env.flux_req_http(bytes_of.pointer(url), url.len, bytes_of.pointer(body), body.len));
    }

    /// Bytes that the host allocated with the guest's `alloc` and handed over, moved to the arena; null for none.
    fn take(arena: Allocator, handed: u64) Allocator.Error!?[]const u8 {
        if (handed == 0) return null;
        const bytes = heap.handedOver(handed);
        defer heap.giveBack(bytes);
        return try arena.dupe(u8, bytes);
    }

    const env = struct {
        extern "env" fn log(level: u32, ptr: [*]const u8, len: usize) void;
        extern "env" fn emit(ptr: [*]const u8, len: usize) void;
        extern "env" fn reject(ptr: [*]const u8, len: usize) void;
        extern "env" fn flux_kv_get(key: [*]const u8, key_len: usize) u64;
        extern "env" fn flux_kv_put(key: [*]const u8, key_len: usize, value: [*]const u8, value_len: usize) u32;
        extern "env" fn flux_req_http(url: [*]const u8, url_len: usize, body: [*]const u8, body_len: usize) u64;
    };

    const wasi = struct {
        extern "wasi_snapshot_preview1" fn clock_time_get(clock: u32, precision: u64, time: *u64) u32;
        extern "wasi_snapshot_preview1" fn random_get(ptr: [*]u8, len: usize) u32;
    };
};
