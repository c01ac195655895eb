//! One call of a gear of the core profile.

use alloc::vec::Vec;

use super::{Answer, Message};
use crate::runtime::{env, memory};
use crate::{Level, Result};

/// Calls the gear's function with the host's bytes, and packs its answer.
pub fn run<A: Answer>(process: impl Fn(Message) -> A, input: &[u8]) -> u64 {
    match answer(process, input) {
        Ok(Some(output)) => memory::give(output),
        Ok(None) => 0,
        Err(error) => {
            env::log(Level::Error, error.reason());
            0
        }
    }
}

/// The bytes that a gear answers to these bytes; `None` when the message is dropped.
pub fn answer<A: Answer>(process: impl Fn(Message) -> A, input: &[u8]) -> Result<Option<Vec<u8>>> {
    let answer = process(Message::from_cbor(input)?).into_message()?;
    answer.as_ref().map(Message::to_cbor).transpose()
}
