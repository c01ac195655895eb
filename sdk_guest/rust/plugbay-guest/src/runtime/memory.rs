//! Bytes that cross the border as a pointer and a length.

use alloc::alloc::{alloc, dealloc};
use alloc::vec::Vec;
use core::alloc::Layout;

/// Memory of the guest for the host to write to; null when there is none left.
pub fn allocate(len: usize) -> *mut u8 {
    match layout(len) {
        // SAFETY: the layout has at least one byte.
        Some(layout) => unsafe { alloc(layout) },
        None => core::ptr::null_mut(),
    }
}

/// Takes back an input or a result.
///
/// # Safety
///
/// `pointer` is null, or comes from [`allocate`] or [`give`] with this length and was not freed.
pub unsafe fn free(pointer: *mut u8, len: usize) {
    if let Some(layout) = layout(len).filter(|_| !pointer.is_null()) {
        // SAFETY: `allocate` and `give` use exactly this layout.
        unsafe { dealloc(pointer, layout) }
    }
}

/// Bytes that the host wrote and will free.
pub struct Lent {
    pointer: *const u8,
    len: usize,
}

impl Lent {
    /// The bytes at an address.
    ///
    /// # Safety
    ///
    /// `pointer` comes from [`allocate`] with this length, all of it was written, and it is not freed before this is gone.
    pub unsafe fn new(pointer: *const u8, len: usize) -> Self {
        Self { pointer, len }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: as promised when this was made.
        unsafe { core::slice::from_raw_parts(self.pointer, self.len) }
    }
}

/// Hands bytes to the host, which frees them: the pointer in the high half, the length in the low one; 0 for no bytes.
pub fn give(bytes: Vec<u8>) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    let bytes = alloc::boxed::Box::leak(bytes.into_boxed_slice());
    (bytes.as_mut_ptr() as u64) << 32 | bytes.len() as u64
}

/// Takes over bytes that the host made with [`allocate`], packed as in [`give`]; `None` for 0.
///
/// # Safety
///
/// The packed pointer comes from [`allocate`] with the packed length, all of it was written, and nobody else frees it.
#[cfg(any(feature = "fluxrig-extended", test))]
pub unsafe fn take(packed: u64) -> Option<Vec<u8>> {
    if packed == 0 {
        return None;
    }
    let (pointer, len) = ((packed >> 32) as usize as *mut u8, packed as u32 as usize);
    if len == 0 {
        // SAFETY: as above.
        unsafe { free(pointer, 0) };
        return Some(Vec::new());
    }
    // SAFETY: as above; the layout of a vector of bytes with this capacity is the one of `allocate`.
    Some(unsafe { Vec::from_raw_parts(pointer, len, len) })
}

/// No bytes take one too, so that each pointer is another.
fn layout(len: usize) -> Option<Layout> {
    Layout::array::<u8>(len.max(1)).ok()
}
