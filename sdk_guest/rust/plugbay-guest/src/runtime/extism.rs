//! The log of Extism's kernel.

use core::fmt::Arguments;

use crate::Level;

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "extism:host/env")]
    unsafe extern "C" {
        pub fn log_trace(text: u64);
        pub fn log_debug(text: u64);
        pub fn log_info(text: u64);
        pub fn log_warn(text: u64);
        pub fn log_error(text: u64);
    }
}

/// Logs a text. The kernel has no empty ones, so a space stands for one.
#[cfg(target_arch = "wasm32")]
pub fn log(level: Level, text: &str) {
    let text = if text.is_empty() { " " } else { text };
    let block = crate::extism::run::store(text.as_bytes());
    // SAFETY: the kernel takes the block over.
    unsafe {
        match level {
            Level::Trace => imports::log_trace(block),
            Level::Debug => imports::log_debug(block),
            Level::Info => imports::log_info(block),
            Level::Warn => imports::log_warn(block),
            Level::Error => imports::log_error(block),
        }
    }
}

/// Keeps a text for the test to see.
#[cfg(not(target_arch = "wasm32"))]
pub fn log(level: Level, text: &str) {
    crate::testing::host(|host| host.logs.push((level, text.into())));
}

/// Logs what a macro formats.
pub fn log_line(level: Level, text: Arguments<'_>) {
    match text.as_str() {
        Some(text) => log(level, text),
        None => log(level, &alloc::format!("{text}")),
    }
}
