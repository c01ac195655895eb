//! Extism's kernel and Reflow's host functions, with texts in place of handles.
const std = @import("std");

const env = struct {
    extern "extism:host/env" fn alloc(size: u64) u64;
    extern "extism:host/env" fn free(handle: u64) void;
    extern "extism:host/env" fn length(handle: u64) u64;
    extern "extism:host/env" fn load_u8(at: u64) u32;
    extern "extism:host/env" fn load_u64(at: u64) u64;
    extern "extism:host/env" fn store_u8(at: u64, byte: u32) void;
    extern "extism:host/env" fn store_u64(at: u64, bytes: u64) void;
    extern "extism:host/env" fn input_length() u64;
    extern "extism:host/env" fn input_load_u8(at: u64) u32;
    extern "extism:host/env" fn input_load_u64(at: u64) u64;
    extern "extism:host/env" fn output_set(at: u64, size: u64) void;
    extern "extism:host/env" fn error_set(handle: u64) void;
    extern "extism:host/env" fn config_get(key: u64) u64;
    extern "extism:host/env" fn var_get(key: u64) u64;
    extern "extism:host/env" fn var_set(key: u64, value: u64) void;
    extern "extism:host/env" fn http_request(request: u64, body: u64) u64;
    extern "extism:host/env" fn http_status_code() u32;
    extern "extism:host/env" fn http_headers() u64;
    extern "extism:host/env" fn log_trace(text: u64) void;
    extern "extism:host/env" fn log_debug(text: u64) void;
    extern "extism:host/env" fn log_info(text: u64) void;
    extern "extism:host/env" fn log_warn(text: u64) void;
    extern "extism:host/env" fn log_error(text: u64) void;
};
const user = struct {
    extern "extism:host/user" fn __get_state(key: u64) u64;
    extern "extism:host/user" fn __set_state(key: u64, value: u64) void;
    extern "extism:host/user" fn __send_output(outputs: u64) void;
};

pub const Level = enum { trace, debug, info, warn, @"error" };

pub fn input(arena: std.mem.Allocator) ![]u8 {
    const data = try arena.alloc(u8, @intCast(env.input_length()));
    var at: usize = 0;
    while (at + 8 <= data.len) : (at += 8) std.mem.writeInt(u64, data[at..][0..8], env.input_load_u64(at), .little);
    while (at < data.len) : (at += 1) data[at] = @truncate(env.input_load_u8(at));
    return data;
}

pub fn output(data: []const u8) void {
    env.output_set(block(data), data.len);
}

pub fn set_error(text: []const u8) void {
    env.error_set(block(text));
}

pub fn config(arena: std.mem.Allocator, key: []const u8) !?[]u8 {
    return take(arena, env.config_get(block(key)));
}

pub fn variable(arena: std.mem.Allocator, key: []const u8) !?[]u8 {
    return take(arena, env.var_get(block(key)));
}

pub fn set_variable(key: []const u8, value: ?[]const u8) void {
    env.var_set(block(key), if (value) |bytes| block(bytes) else 0);
}

pub const Response = struct { status: u32, headers: []u8, body: []u8 };

pub fn http(arena: std.mem.Allocator, request: []const u8, body: []const u8) !Response {
    const answer = env.http_request(block(request), block(body));
    return .{
        .status = env.http_status_code(),
        .headers = try take(arena, env.http_headers()) orelse try arena.dupe(u8, "{}"),
        .body = try take(arena, answer) orelse &.{},
    };
}

pub fn log(level: Level, text: []const u8) void {
    const line = block(text);
    switch (level) {
        .trace => env.log_trace(line),
        .debug => env.log_debug(line),
        .info => env.log_info(line),
        .warn => env.log_warn(line),
        .@"error" => env.log_error(line),
    }
}

/// The JSON of a key of the state.
pub fn state(arena: std.mem.Allocator, key: []const u8) ![]u8 {
    const handle = block(key);
    defer env.free(handle);
    return try take(arena, user.__get_state(handle)) orelse try arena.dupe(u8, "null");
}

pub fn set_state(key: []const u8, value: []const u8) void {
    const handles = .{ block(key), block(value) };
    user.__set_state(handles[0], handles[1]);
    env.free(handles[0]);
    env.free(handles[1]);
}

pub fn send(outputs: []const u8) void {
    const handle = block(outputs);
    user.__send_output(handle);
    env.free(handle);
}

fn block(data: []const u8) u64 {
    if (data.len == 0) return 0;
    const handle = env.alloc(data.len);
    var at: usize = 0;
    while (at + 8 <= data.len) : (at += 8) env.store_u64(handle + at, std.mem.readInt(u64, data[at..][0..8], .little));
    while (at < data.len) : (at += 1) env.store_u8(handle + at, data[at]);
    return handle;
}

/// The bytes of a handle, which is freed; null for the null one.
fn take(arena: std.mem.Allocator, handle: u64) !?[]u8 {
    if (handle == 0) return null;
    defer env.free(handle);
    const data = try arena.alloc(u8, @intCast(env.length(handle)));
    var at: usize = 0;
    while (at + 8 <= data.len) : (at += 8) std.mem.writeInt(u64, data[at..][0..8], env.load_u64(handle + at), .little);
    while (at < data.len) : (at += 1) data[at] = @truncate(env.load_u8(handle + at));
    return data;
}
