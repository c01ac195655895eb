//! Extism plugins: any number of functions of bytes, texts or JSON.
//!
//! ```
//! use plugbay_guest::{Result, bail, extism};
//!
//! extism::export!(greet);
//!
//! fn greet(name: &str) -> Result<String> {
//!     if name.is_empty() {
//!         bail!("there is nobody to greet");
//!     }
//!     let greeting = extism::config::get("greeting").unwrap_or("Hello".into());
//!     extism::info!("greeted {name}");
//!     Ok(format!("{greeting}, {name}!"))
//! }
//! ```
//!
//! An error is the call's failure, with exactly its text. A function has what an [`Input`](crate::Input) and an
//! [`Output`](crate::Output) can be, [`Json`](crate::Json) among them.

mod export;
pub mod http;
mod kernel;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use kernel::Answer;
#[doc(hidden)]
pub mod run;

pub mod config {
    //! The plugin's config, which the host fixes when it loads the plugin.

    use alloc::string::String;

    use super::kernel;

    /// The value of a key; `None` when there is none. Other values than texts come as JSON.
    pub fn get(key: &str) -> Option<String> {
        kernel::config(key).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

pub mod var {
    //! Variables, which outlive calls but not the instance.

    use alloc::vec::Vec;

    use super::kernel;

    /// The value of a variable; `None` when it is not set.
    pub fn get(key: &str) -> Option<Vec<u8>> {
        kernel::variable(key)
    }

    /// Sets a variable. Extism has no empty ones: setting one to no bytes removes it.
    ///
    /// When the host's store of variables is full, it ends the call with an error of its own.
    pub fn set(key: &str, value: &[u8]) {
        kernel::set_variable(key, value);
    }

    /// Removes a variable.
    pub fn remove(key: &str) {
        kernel::set_variable(key, &[]);
    }
}

pub use crate::wasi::{random, time};
#[doc(inline)]
pub use crate::{
    __extism_debug as debug, __extism_error as error, __extism_export as export, __extism_info as info,
    __extism_log as log, __extism_trace as trace, __extism_warn as warn,
};
