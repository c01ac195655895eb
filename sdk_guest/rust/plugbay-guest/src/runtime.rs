//! What the macros of this crate expand to calls of. Nothing here is for use by hand, and all of it may change.

pub use alloc::{format, vec};

#[cfg(any(feature = "fluxrig", feature = "packed"))]
pub mod env;
#[cfg(feature = "extism")]
pub mod extism;
#[cfg(any(feature = "fluxrig", feature = "packed"))]
pub mod memory;
#[cfg(target_arch = "wasm32")]
pub mod pages;
pub mod text;

/// What a guest needs that is `no_std`: an allocator, and a panic handler that logs by `$log`.
#[doc(hidden)]
#[macro_export]
macro_rules! __no_std {
    ($log:path) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[global_allocator]
            static ALLOCATOR: $crate::runtime::pages::Allocator = $crate::runtime::pages::allocator();

            #[panic_handler]
            fn panic(info: &::core::panic::PanicInfo<'_>) -> ! {
                $crate::runtime::text::panicked(&info.message(), info.location(), $log);
                ::core::arch::wasm32::unreachable()
            }
        };
    };
}

/// What a guest with `std` does before each call: a panic logs by `$log`, and then std traps.
#[doc(hidden)]
#[macro_export]
macro_rules! __std {
    ($log:path) => {
        #[cfg(target_arch = "wasm32")]
        fn __plugbay_start() {
            static STARTED: ::core::sync::atomic::AtomicBool = ::core::sync::atomic::AtomicBool::new(false);
            if STARTED.swap(true, ::core::sync::atomic::Ordering::Relaxed) {
                return;
            }
            ::std::panic::set_hook(::std::boxed::Box::new(|info| {
                let text = match info.payload().downcast_ref::<::std::string::String>() {
                    Some(text) => text.as_str(),
                    None => info.payload().downcast_ref::<&'static str>().copied().unwrap_or("no text"),
                };
                $crate::runtime::text::panicked(&text, info.location(), $log);
            }));
        }
    };
}

/// The same for `no_std` guests: nothing is to be done.
#[doc(hidden)]
#[macro_export]
macro_rules! __start {
    (no_std, $log:path) => {
        $crate::__no_std!($log);
        #[cfg(target_arch = "wasm32")]
        fn __plugbay_start() {}
    };
    (std, $log:path) => {
        $crate::__std!($log);
    };
}

/// The exports that let the host allocate.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_memory {
    () => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[unsafe(export_name = "alloc")]
            extern "C" fn allocate(len: usize) -> *mut u8 {
                $crate::runtime::memory::allocate(len)
            }

            #[unsafe(export_name = "free")]
            extern "C" fn free(pointer: *mut u8, len: usize) {
                // SAFETY: the host frees what it allocated or was given, with the same length, once.
                unsafe { $crate::runtime::memory::free(pointer, len) }
            }
        };
    };
}
