//! Extism's kernel: its functions, by value. What stands behind them off wasm is the test's host.

#[cfg(not(target_arch = "wasm32"))]
pub use crate::testing::extism::{config, fail, input, output, request, set_variable, variable};
#[cfg(target_arch = "wasm32")]
pub use host::{config, fail, input, output, request, set_variable, variable};

use alloc::vec::Vec;

/// What a server answered: the status, the headers as JSON, and the body.
pub type Answer = (u16, Vec<u8>, Vec<u8>);

#[cfg(target_arch = "wasm32")]
pub mod host {
    use alloc::vec::Vec;

    use super::Answer;

    #[link(wasm_import_module = "extism:host/env")]
    unsafe extern "C" {
        fn alloc(len: u64) -> u64;
        fn free(block: u64);
        fn length(block: u64) -> u64;
        fn load_u8(at: u64) -> u32;
        fn load_u64(at: u64) -> u64;
        fn store_u8(at: u64, byte: u32);
        fn store_u64(at: u64, bytes: u64);
        fn input_length() -> u64;
        fn input_load_u8(at: u64) -> u32;
        fn input_load_u64(at: u64) -> u64;
        fn output_set(block: u64, len: u64);
        fn error_set(block: u64);
        fn config_get(key: u64) -> u64;
        fn var_get(key: u64) -> u64;
        fn var_set(key: u64, value: u64);
        fn http_request(request: u64, body: u64) -> u64;
        fn http_status_code() -> u32;
        fn http_headers() -> u64;
    }

    /// A copy of these bytes in the kernel's memory; 0 for no bytes.
    ///
    /// # Panics
    ///
    /// When the kernel has no memory left.
    pub fn store(bytes: &[u8]) -> u64 {
        if bytes.is_empty() {
            return 0;
        }
        // SAFETY: the block has room for the bytes, and what lies outside of blocks the kernel does not write.
        unsafe {
            let block = alloc(bytes.len() as u64);
            assert!(block != 0, "Extism's memory is full");
            let words = bytes.chunks_exact(8);
            let (rest, mut at) = (words.remainder(), block);
            for word in words {
                store_u64(
                    at,
                    u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]),
                );
                at += 8;
            }
            for &byte in rest {
                store_u8(at, byte.into());
                at += 1;
            }
            block
        }
    }

    fn load(len: u64, word: impl Fn(u64) -> u64, byte: impl Fn(u64) -> u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len as usize);
        let whole = len - len % 8;
        for at in (0..whole).step_by(8) {
            bytes.extend_from_slice(&word(at).to_le_bytes());
        }
        bytes.extend((whole..len).map(|at| byte(at) as u8));
        bytes
    }

    /// The bytes of a block, which is then freed; `None` for 0.
    pub fn take(block: u64) -> Option<Vec<u8>> {
        if block == 0 {
            return None;
        }
        // SAFETY: the kernel gave the block to the plugin.
        unsafe {
            let bytes = load(length(block), |at| load_u64(block + at), |at| load_u8(block + at));
            free(block);
            Some(bytes)
        }
    }

    /// The call's input.
    pub fn input() -> Vec<u8> {
        // SAFETY: the kernel answers for any offset.
        unsafe { load(input_length(), |at| input_load_u64(at), |at| input_load_u8(at)) }
    }

    /// Sets the call's output.
    pub fn output(bytes: &[u8]) {
        let block = store(bytes);
        // SAFETY: the block has just these bytes.
        unsafe { output_set(block, bytes.len() as u64) }
    }

    /// Fails the call with a text.
    pub fn fail(reason: &str) {
        let block = store(reason.as_bytes());
        // SAFETY: the kernel takes the block over.
        unsafe { error_set(block) }
    }

    /// The value of a config key.
    pub fn config(key: &str) -> Option<Vec<u8>> {
        let key = store(key.as_bytes());
        // SAFETY: the kernel takes the key over.
        take(unsafe { config_get(key) })
    }

    /// The value of a variable.
    pub fn variable(key: &str) -> Option<Vec<u8>> {
        let key = store(key.as_bytes());
        // SAFETY: the kernel takes the key over.
        take(unsafe { var_get(key) })
    }

    /// Sets a variable; no bytes remove it.
    pub fn set_variable(key: &str, value: &[u8]) {
        let (key, value) = (store(key.as_bytes()), store(value));
        // SAFETY: the kernel takes both over.
        unsafe { var_set(key, value) }
    }

    /// Makes an HTTP request. One that is refused, or fails, ends the call.
    pub fn request(request: &[u8], body: &[u8]) -> Option<Answer> {
        let (request, body) = (store(request), store(body));
        // SAFETY: the kernel takes both over.
        unsafe {
            let body = take(http_request(request, body)).unwrap_or_default();
            let headers = take(http_headers()).unwrap_or_default();
            Some((http_status_code() as u16, headers, body))
        }
    }
}
