//! The module `env`, from which fluxrig gears and byte functions import.

use core::fmt::Arguments;

use crate::Level;

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub fn log(level: u32, pointer: *const u8, len: usize);
    }
}

/// Logs a text.
#[cfg(target_arch = "wasm32")]
pub fn log(level: Level, text: &str) {
    let number = match level {
        Level::Trace | Level::Debug => 1,
        Level::Info => 2,
        Level::Warn => 3,
        Level::Error => 4,
    };
    // SAFETY: the host reads the text while it is called.
    unsafe { imports::log(number, text.as_ptr(), text.len()) }
}

/// Keeps a text for the test to see.
#[cfg(not(target_arch = "wasm32"))]
pub fn log(level: Level, text: &str) {
    crate::testing::host(|host| host.logs.push((level.max(Level::Debug), text.into())));
}

/// Logs what a macro formats.
pub fn log_line(level: Level, text: Arguments<'_>) {
    match text.as_str() {
        Some(text) => log(level, text),
        None => log(level, &alloc::format!("{text}")),
    }
}
