//! The conformance guest of Extism plugins and of Reflow actors.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod actor;
mod functions;

use actor::Conformance;
use functions::{
    config_get, contract, count, echo, empty, fail, http, length, repeat, reverse, transform, trap, var_get, var_set,
    write_log,
};
use plugbay_guest::{Level, Result, bail, reflow};

reflow::export!(
    #![no_std]
    Conformance, contract, echo, empty, reverse, length, repeat, transform, fail, trap, write_log, config_get, var_get,
    var_set, count, http
);

fn level(name: &str) -> Result<Level> {
    Ok(match name {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => bail!("there is no level {name}"),
    })
}
