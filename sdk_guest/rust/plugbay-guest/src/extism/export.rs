/// Makes functions of your crate functions of the plugin, each under its own name.
///
/// A function takes nothing or an [`Input`](crate::Input) and returns an [`Output`](crate::Output).
/// `export!(one, two)` in a crate with `std`, `export!(#![no_std] one, two)` in one without.
#[doc(hidden)]
#[macro_export]
macro_rules! __extism_export {
    (#![no_std] $($function:ident),+ $(,)?) => {
        $crate::__export_extism!(no_std, $(stringify!($function) => $function),+);
    };
    ($($function:ident),+ $(,)?) => {
        $crate::__export_extism!(std, $(stringify!($function) => $function),+);
    };
}

/// The exports of an Extism plugin.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_extism {
    ($library:ident, $($name:expr => $function:expr),+) => {
        const _: () = {
            $crate::__start!($library, $crate::runtime::extism::log);
            $(
                const _: () = {
                    #[cfg_attr(target_arch = "wasm32", unsafe(export_name = $name))]
                    #[allow(dead_code, reason = "natively it is only here to be checked")]
                    extern "C" fn exported() -> i32 {
                        #[cfg(target_arch = "wasm32")]
                        __plugbay_start();
                        let input = $crate::extism::run::input();
                        $crate::extism::run::run($function, &input)
                    }
                };
            )+
        };
    };
}
