//! Write WebAssembly plugins that any plugbay host runs: a function over a typed message, and no pointer in sight.
//!
//! | ABI | module | a plugin is |
//! | --- | --- | --- |
//! | fluxrig, core profile | [`fluxrig`] | `fn(Message) -> impl Answer` |
//! | fluxrig, extended profile | [`fluxrig::extended`] | the same, with state, HTTP, fan-out, emit |
//! | Extism | [`extism`] | any number of functions of bytes, texts or JSON |
//! | Reflow | [`reflow`] | a type that implements [`reflow::Actor`] |
//! | PrioStack, `packed` | [`packed`] | any number of functions of bytes, texts or JSON |
//!
//! Each of them has an `export!` macro that makes the functions of your crate those of the module. A crate that is to be as
//! small as can be is `no_std` and says so there: `export!(#![no_std] process)`; the macro then brings an allocator and
//! a panic handler.
//!
//! A plugin that fails returns an [`Error`]. One that panics logs one line at level error before it traps.
//!
//! Off wasm, that is in `cargo test`, the functions of the host are played by [`testing`].

#![no_std]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod error;
mod instance;
mod log;

#[cfg(any(feature = "packed", feature = "extism"))]
mod bytes;
#[cfg(feature = "fluxrig")]
mod cbor;
#[cfg(feature = "extism")]
pub mod extism;
#[cfg(feature = "fluxrig")]
pub mod fluxrig;
#[cfg(feature = "packed")]
pub mod packed;
pub mod prelude;
#[cfg(feature = "reflow")]
pub mod reflow;
#[doc(hidden)]
pub mod runtime;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
#[cfg(feature = "fluxrig")]
mod value;
#[cfg(any(feature = "fluxrig-extended", feature = "extism"))]
mod wasi;

#[cfg(feature = "json")]
pub use bytes::Json;
#[cfg(any(feature = "packed", feature = "extism"))]
pub use bytes::{Input, Output};
pub use error::{Error, Result};
pub use instance::Instance;
pub use log::Level;
#[cfg(feature = "json")]
pub use serde_json;
