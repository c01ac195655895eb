/// Makes functions of your crate byte functions of the module, each under its own name.
///
/// A function takes nothing or an [`Input`](crate::Input) and returns an [`Output`](crate::Output).
/// `export!(one, two)` in a crate with `std`, `export!(#![no_std] one, two)` in one without.
#[doc(hidden)]
#[macro_export]
macro_rules! __packed_export {
    (#![no_std] $($function:ident),+ $(,)?) => {
        $crate::__export_packed!(no_std, $($function),+);
    };
    ($($function:ident),+ $(,)?) => {
        $crate::__export_packed!(std, $($function),+);
    };
}

/// The exports of a module of byte functions.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_packed {
    ($library:ident, $($function:ident),+) => {
        const _: () = {
            $crate::__start!($library, $crate::runtime::env::log);
            $crate::__export_memory!();
            $(
                const _: () = {
                    #[cfg_attr(target_arch = "wasm32", unsafe(export_name = stringify!($function)))]
                    #[allow(dead_code, reason = "natively it is only here to be checked")]
                    extern "C" fn exported(pointer: *mut u8, len: usize) -> u64 {
                        #[cfg(target_arch = "wasm32")]
                        __plugbay_start();
                        // SAFETY: the host passes what it allocated and wrote, and frees it after the call.
                        let input = unsafe { $crate::runtime::memory::Lent::new(pointer, len) };
                        $crate::packed::run::run($function, &input)
                    }
                };
            )+
        };
    };
}
