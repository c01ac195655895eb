//! What an Extism plugin may import: the kernel, the host's functions, and Reflow's; and the same functions for tests.
const builtin = @import("builtin");

/// The host: imports in WebAssembly, a test's `Rig` elsewhere.
pub const host = if (builtin.cpu.arch.isWasm()) imports else @import("testing.zig").fake;

const imports = struct {
    pub const input_length = kernel.input_length;
    pub const input_load_u8 = kernel.input_load_u8;
    pub const input_load_u64 = kernel.input_load_u64;
    pub const alloc = kernel.alloc;
    pub const free = kernel.free;
    pub const length = kernel.length;
    pub const load_u8 = kernel.load_u8;
    pub const load_u64 = kernel.load_u64;
    pub const store_u8 = kernel.store_u8;
    pub const store_u64 = kernel.store_u64;
    pub const output_set = kernel.output_set;
    pub const error_set = kernel.error_set;
    pub const config_get = kernel.config_get;
    pub const var_get = kernel.var_get;
    pub const var_set = kernel.var_set;
    pub const http_request = kernel.http_request;
    pub const http_status_code = kernel.http_status_code;
    pub const http_headers = kernel.http_headers;
    pub const log_trace = kernel.log_trace;
    pub const log_debug = kernel.log_debug;
    pub const log_info = kernel.log_info;
    pub const log_warn = kernel.log_warn;
    pub const log_error = kernel.log_error;
    pub const get_state = user.__get_state;
    pub const set_state = user.__set_state;
    pub const send_output = user.__send_output;

    const kernel = struct {
        extern "extism:host/env" fn input_length() u64;
        extern "extism:host/env" fn input_load_u8(offset: u64) u32;
        extern "extism:host/env" fn input_load_u64(offset: u64) u64;
        extern "extism:host/env" fn alloc(size: u64) u64;
        extern "extism:host/env" fn free(handle: u64) void;
        extern "extism:host/env" fn length(handle: u64) u64;
        extern "extism:host/env" fn load_u8(at: u64) u32;
        extern "extism:host/env" fn load_u64(at: u64) u64;
        extern "extism:host/env" fn store_u8(at: u64, byte: u32) void;
        extern "extism:host/env" fn store_u64(at: u64, bytes: u64) void;
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
};
