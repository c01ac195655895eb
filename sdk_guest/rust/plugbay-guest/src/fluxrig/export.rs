/// Makes functions of your crate the entry points of a gear of the core profile, each under its own name; a gear's usual
/// entry point is `process`. The functions take a [`Message`](crate::fluxrig::Message) and return an
/// [`Answer`](crate::fluxrig::Answer).
///
/// `export!(process)` in a crate with `std`, `export!(#![no_std] process)` in one without.
#[doc(hidden)]
#[macro_export]
macro_rules! __fluxrig_export {
    (#![no_std] $($process:ident),+ $(,)?) => {
        $crate::__export_gear!(no_std, $crate::fluxrig::run::run, $($process),+);
    };
    ($($process:ident),+ $(,)?) => {
        $crate::__export_gear!(std, $crate::fluxrig::run::run, $($process),+);
    };
}

/// The exports of a gear of either profile.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_gear {
    ($library:ident, $run:path, $($process:ident),+) => {
        const _: () = {
            $crate::__start!($library, $crate::runtime::env::log);
            $crate::__export_memory!();
            $(
                const _: () = {
                    #[cfg_attr(target_arch = "wasm32", unsafe(export_name = stringify!($process)))]
                    #[allow(dead_code, reason = "natively it is only here to be checked")]
                    extern "C" fn exported(pointer: *mut u8, len: usize) -> u64 {
                        #[cfg(target_arch = "wasm32")]
                        __plugbay_start();
                        // SAFETY: the host passes what it allocated and wrote, and frees it after the call.
                        let input = unsafe { $crate::runtime::memory::Lent::new(pointer, len) };
                        $run($process, input.bytes())
                    }
                };
            )+
        };
    };
}
