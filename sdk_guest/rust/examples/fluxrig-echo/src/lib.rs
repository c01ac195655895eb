//! Passes each message on: the smallest gear there is, for measuring what the SDK costs.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::fluxrig::{self, Message};

fluxrig::export!(#![no_std] process);

fn process(message: Message) -> Message {
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_leaves_as_it_came() {
        let message = Message { trace: "4bf92f35".into(), ..Message::default() };
        assert_eq!(process(message.clone()), message);
    }
}
