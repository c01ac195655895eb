/// Makes a type the actor of the module: its `get_metadata`, `get_version`, `validate_config` and `process`.
///
/// The type implements [`Actor`](crate::reflow::Actor). Functions of your crate can be exported beside it, as
/// [`extism::export!`](crate::extism::export) does alone: `export!(Counter, greet)`. In a crate without `std` it is
/// `export!(#![no_std] Counter)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __reflow_export {
    (#![no_std] $actor:ident $(, $function:ident)* $(,)?) => {
        $crate::__export_actor!(no_std, $actor $(, $function)*);
    };
    ($actor:ident $(, $function:ident)* $(,)?) => {
        $crate::__export_actor!(std, $actor $(, $function)*);
    };
}

/// The exports of an actor.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_actor {
    ($library:ident, $actor:ident $(, $function:ident)*) => {
        $crate::__export_extism!(
            $library,
            "get_metadata" => $crate::reflow::run::get_metadata::<$actor>,
            "get_version" => $crate::reflow::run::get_version::<$actor>,
            "validate_config" => $crate::reflow::run::validate_config::<$actor>,
            "process" => $crate::reflow::run::process::<$actor>
            $(, stringify!($function) => $function)*
        );
    };
}
