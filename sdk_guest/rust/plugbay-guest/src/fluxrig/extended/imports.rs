//! What plugbay gives to a gear of the extended profile, and what plays it off wasm.

#[cfg(not(target_arch = "wasm32"))]
pub use crate::testing::fluxrig::{emit, get, http, put, reject};
#[cfg(target_arch = "wasm32")]
pub use host::{emit, get, http, put, reject};

#[cfg(target_arch = "wasm32")]
mod host {
    use alloc::vec::Vec;

    use crate::runtime::memory;

    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        #[link_name = "emit"]
        fn env_emit(pointer: *const u8, len: usize);
        #[link_name = "reject"]
        fn env_reject(pointer: *const u8, len: usize);
        fn flux_kv_get(key: *const u8, key_len: usize) -> u64;
        fn flux_kv_put(key: *const u8, key_len: usize, value: *const u8, value_len: usize) -> i32;
        fn flux_req_http(url: *const u8, url_len: usize, body: *const u8, body_len: usize) -> u64;
    }

    pub fn emit(message: &[u8]) {
        // SAFETY: the host reads the bytes while it is called.
        unsafe { env_emit(message.as_ptr(), message.len()) }
    }

    pub fn reject(reason: &str) {
        // SAFETY: as above.
        unsafe { env_reject(reason.as_ptr(), reason.len()) }
    }

    /// The value of a key; `None` when it is absent or refused.
    pub fn get(key: &str) -> Option<Vec<u8>> {
        // SAFETY: the host reads the key, and makes its answer with this gear's `alloc`.
        unsafe { memory::take(flux_kv_get(key.as_ptr(), key.len())) }
    }

    /// Whether the host took the value.
    pub fn put(key: &str, value: &[u8]) -> bool {
        // SAFETY: the host reads the bytes while it is called.
        unsafe { flux_kv_put(key.as_ptr(), key.len(), value.as_ptr(), value.len()) == 0 }
    }

    /// The response in CBOR; `None` when the request was refused or failed.
    pub fn http(url: &str, body: &[u8]) -> Option<Vec<u8>> {
        // SAFETY: as with `get`.
        unsafe { memory::take(flux_req_http(url.as_ptr(), url.len(), body.as_ptr(), body.len())) }
    }
}
