//! The conformance guest of fluxrig's core profile.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::Result;
use plugbay_guest::fluxrig::{self, Message};

fluxrig::export!(#![no_std] process);

fn process(message: Message) -> Result<Option<Message>> {
    conformance_fluxrig::process(message, "core")
}
