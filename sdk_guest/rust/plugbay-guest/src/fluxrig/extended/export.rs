/// Makes functions of your crate the entry points of a gear of the extended profile, each under its own name; a gear's
/// usual entry point is `process`. The functions take a [`Message`](crate::fluxrig::Message) and return an
/// [`Answer`](crate::fluxrig::extended::Answer).
///
/// `export!(process)` in a crate with `std`, `export!(#![no_std] process)` in one without.
#[doc(hidden)]
#[macro_export]
macro_rules! __fluxrig_extended_export {
    (#![no_std] $($process:ident),+ $(,)?) => {
        $crate::__export_gear!(no_std, $crate::fluxrig::extended::run::run, $($process),+);
    };
    ($($process:ident),+ $(,)?) => {
        $crate::__export_gear!(std, $crate::fluxrig::extended::run::run, $($process),+);
    };
}
