//! The calling convention `packed`: `(ptr, len) -> i64`, with `alloc` and `free` for the host.
//!
//! The result has the pointer in its high and the length in its low 32 bits; 0 is an empty output. With bit 63 set the
//! function failed and the bytes are a message for people. The host frees the input as well as the result.

use std::alloc::Layout;

const FAILED: u64 = 1 << 63;

/// What a byte function gives back: its output, or why it failed.
pub type Answer = Result<Vec<u8>, String>;

/// Exports functions of the type `fn(&[u8]) -> Answer` under the names that are given.
#[macro_export]
macro_rules! export {
    ($($name:literal = $function:expr;)+) => {$(
        const _: () = {
            #[unsafe(export_name = $name)]
            extern "C" fn exported(ptr: *const u8, len: usize) -> u64 {
                // Safety: the host passes what it allocated and wrote.
                unsafe { $crate::answer($function, ptr, len) }
            }
        };
    )+};
}

/// Calls a function with the bytes at `ptr` and packs its answer.
///
/// # Safety
///
/// `ptr` is an address from `alloc(len)`, and `len` bytes were written there.
pub unsafe fn answer(function: fn(&[u8]) -> Answer, ptr: *const u8, len: usize) -> u64 {
    // Safety: as above.
    let input = if len == 0 { &[] } else { unsafe { std::slice::from_raw_parts(ptr, len) } };
    match function(input) {
        Ok(output) => pack(output),
        Err(message) => pack(message.into_bytes()) | FAILED,
    }
}

fn pack(bytes: Vec<u8>) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    let bytes = Box::leak(bytes.into_boxed_slice());
    (bytes.as_ptr() as u64) << 32 | bytes.len() as u64
}

/// Memory for the input of the next call; null when there is none left.
#[unsafe(no_mangle)]
extern "C" fn alloc(len: usize) -> *mut u8 {
    match layout(len) {
        // Safety: the layout has at least one byte.
        Some(layout) => unsafe { std::alloc::alloc(layout) },
        None => std::ptr::null_mut(),
    }
}

/// Takes back an input or a result.
#[unsafe(no_mangle)]
extern "C" fn free(ptr: *mut u8, len: usize) {
    if let Some(layout) = layout(len).filter(|_| !ptr.is_null()) {
        // Safety: both `alloc` and `pack` allocate bytes of exactly this layout.
        unsafe { std::alloc::dealloc(ptr, layout) }
    }
}

fn layout(len: usize) -> Option<Layout> {
    Layout::array::<u8>(len.max(1)).ok()
}
