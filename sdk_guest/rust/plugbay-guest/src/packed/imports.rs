//! What PrioStack's hosts give to a function beside the log, and what plays it off wasm.

#[cfg(target_arch = "wasm32")]
pub use host::{now, random};

#[cfg(target_arch = "wasm32")]
mod host {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        #[link_name = "now"]
        fn env_now() -> i64;
        #[link_name = "random"]
        fn env_random(pointer: *mut u8, len: usize);
    }

    pub fn now() -> i64 {
        // SAFETY: it takes nothing.
        unsafe { env_now() }
    }

    pub fn random(bytes: &mut [u8]) {
        // SAFETY: the host writes the bytes while it is called.
        unsafe { env_random(bytes.as_mut_ptr(), bytes.len()) }
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> i64 {
    crate::testing::host(|host| host.time)
}

#[cfg(not(target_arch = "wasm32"))]
pub fn random(bytes: &mut [u8]) {
    crate::testing::host(|host| host.fill(bytes));
}
