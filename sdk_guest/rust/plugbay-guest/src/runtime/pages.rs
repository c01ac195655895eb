//! The allocator of `no_std` guests: talc, on the module's own memory.
//!
//! talc's own source of pages leaves what lies behind the module's data unused, and does not count what is free at the
//! end of the memory when it grows; on a rack, a gear has 16 pages in all.

use core::alloc::Layout;
use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr::NonNull;

use talc::base::binning::Binning;
use talc::base::{CHUNK_UNIT, Talc};
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    /// Where the module's data and stack end, by the linker.
    static __heap_base: u8;
}

/// An allocator for a module with one thread.
pub type Allocator = TalcSyncCell<Pages, WasmBinning>;

/// One that has nothing yet.
pub const fn allocator() -> Allocator {
    TalcSyncCell::new_wasm(Pages { end: None })
}

/// The memory of the module: what is behind its data, then as many pages more as are missing.
#[derive(Debug)]
pub struct Pages {
    /// The end of the heap that talc manages; `None` before there is one.
    end: Option<NonNull<u8>>,
}

// SAFETY: no memory is given to talc twice, and the global allocator is not used here.
unsafe impl Source for Pages {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let Some(end) = talc.source.end else {
            return start(talc);
        };
        // SAFETY: it is the end of a heap of this talc, which has not changed since.
        let free = unsafe { end.as_ptr().offset_from_unsigned(talc.reserved(end).up_to.as_ptr()) };
        // The size rounded up, what talc notes beside it, and what aligning may cost.
        let wanted = layout.size().saturating_add(layout.align()).saturating_add(3 * CHUNK_UNIT);
        let pages = wanted.saturating_sub(free).div_ceil(PAGE).max(1);
        let before = memory_grow::<0>(pages);
        if before == usize::MAX {
            return Err(());
        }
        let base = (before * PAGE) as *mut u8;
        let new_end = base.wrapping_add(pages * PAGE);
        talc.source.end = if base == end.as_ptr() {
            // SAFETY: the pages follow the heap, and are new.
            Some(unsafe { talc.extend(end, new_end) })
        } else {
            // SAFETY: somebody else had the memory grown, so the new pages are a heap of their own.
            unsafe { talc.claim(base, pages * PAGE) }
        };
        Ok(())
    }
}

/// Makes what the module starts with the heap.
fn start<B: Binning>(talc: &mut Talc<Pages, B>) -> Result<(), ()> {
    let base = (&raw const __heap_base).cast_mut();
    let mut end = memory_size::<0>() * PAGE;
    // What talc notes about a heap may be all that fits behind the data.
    if end - (base as usize) < PAGE / 8 {
        if memory_grow::<0>(1) == usize::MAX {
            return Err(());
        }
        end += PAGE;
    }
    // SAFETY: from the end of the module's data on, nobody else uses its memory.
    talc.source.end = unsafe { talc.claim(base, end - base as usize) };
    talc.source.end.map(drop).ok_or(())
}
