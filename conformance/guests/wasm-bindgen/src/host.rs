//! What the host has for functions of bytes. All that is unsafe is here.

mod env {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub fn log(level: u32, text: *const u8, length: usize);
        pub safe fn now() -> u64;
        pub fn random(bytes: *mut u8, length: usize);
    }
}

/// Logs a line: 1 is debug, 2 info, 3 warn, 4 error.
pub fn log(level: u32, text: &str) {
    // Safety: the host reads the bytes of the text before it returns.
    unsafe { env::log(level, text.as_ptr(), text.len()) }
}

/// Nanoseconds since 1970.
pub fn now() -> u64 {
    env::now()
}

/// Fills the bytes at random.
pub fn random(bytes: &mut [u8]) {
    // Safety: the host writes that many bytes and no more.
    unsafe { env::random(bytes.as_mut_ptr(), bytes.len()) }
}
