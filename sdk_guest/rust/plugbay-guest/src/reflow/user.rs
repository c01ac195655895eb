//! The host functions that Reflow gives to an actor, and what plays them off wasm.

#[cfg(not(target_arch = "wasm32"))]
pub use crate::testing::reflow::{get_state, send_output, set_state};
#[cfg(target_arch = "wasm32")]
pub use host::{get_state, send_output, set_state};

#[cfg(target_arch = "wasm32")]
mod host {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use crate::extism::run::{store, take};
    use crate::reflow::Json;

    #[link(wasm_import_module = "extism:host/user")]
    unsafe extern "C" {
        fn __get_state(key: u64) -> u64;
        fn __set_state(key: u64, value: u64);
        fn __send_output(outputs: u64);
    }

    /// The JSON of a key's value; a host may give nothing where another gives null.
    pub fn get_state(key: &str) -> Option<Vec<u8>> {
        let key = store(key.as_bytes());
        // SAFETY: the host takes the key over, and its answer is the plugin's.
        take(unsafe { __get_state(key) }).filter(|json| !json.is_empty())
    }

    pub fn set_state(key: &str, json: &[u8]) {
        let (key, value) = (store(key.as_bytes()), store(json));
        // SAFETY: the host takes both over.
        unsafe { __set_state(key, value) }
    }

    pub fn send_output(outputs: &Json) {
        let outputs = store(outputs.to_string().as_bytes());
        // SAFETY: the host takes it over.
        unsafe { __send_output(outputs) }
    }
}
