//! Greets, in the words of the plugin's config.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::prelude::*;
use plugbay_guest::{Result, bail, extism};

extism::export!(#![no_std] greet);

fn greet(name: &str) -> Result<String> {
    if name.is_empty() {
        bail!("there is nobody to greet");
    }
    let greeting = extism::config::get("greeting").unwrap_or("Hello".into());
    extism::info!("greeted {name}");
    Ok(format!("{greeting}, {name}!"))
}

#[cfg(test)]
mod tests {
    use plugbay_guest::testing;

    use super::*;

    #[test]
    fn the_config_has_the_words() {
        assert_eq!(greet("Ada"), Ok("Hello, Ada!".into()));
        testing::host(|host| host.config.insert("greeting".into(), "Hi".into()));
        assert_eq!(greet("Ada"), Ok("Hi, Ada!".into()));
    }

    #[test]
    fn nobody_is_an_error() {
        assert_eq!(greet("").unwrap_err().reason(), "there is nobody to greet");
    }
}
