//! One call of a gear of the extended profile.

use alloc::vec::Vec;

use super::{Answer, imports};
use crate::Result;
use crate::fluxrig::{Message, codec};
use crate::runtime::memory;

/// Calls the gear's function with the host's bytes, and packs its answer.
pub fn run<A: Answer>(process: impl Fn(Message) -> A, input: &[u8]) -> u64 {
    match answer(process, input) {
        Ok(output) => memory::give(output),
        Err(error) => {
            imports::reject(error.reason());
            0
        }
    }
}

/// The bytes that a gear answers to these bytes; none when the message is dropped.
pub fn answer<A: Answer>(process: impl Fn(Message) -> A, input: &[u8]) -> Result<Vec<u8>> {
    match process(Message::from_cbor(input)?).into_messages()?.as_slice() {
        [] => Ok(Vec::new()),
        [message] => message.to_cbor(),
        messages => codec::encode_many(messages),
    }
}
