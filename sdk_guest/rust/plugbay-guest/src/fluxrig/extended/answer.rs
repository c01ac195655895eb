use alloc::vec::Vec;

use crate::fluxrig::Message;
use crate::{Error, Result};

/// What a gear of the extended profile may return: a [`Message`], any number of them in a `Vec` or an array, `None` to
/// drop the message, `()` when all was emitted, or a `Result` of any of these.
pub trait Answer {
    /// The messages to send on, in order.
    fn into_messages(self) -> Result<Vec<Message>>;
}

impl Answer for () {
    fn into_messages(self) -> Result<Vec<Message>> {
        Ok(Vec::new())
    }
}

impl Answer for Message {
    fn into_messages(self) -> Result<Vec<Message>> {
        Ok(Vec::from([self]))
    }
}

impl<const N: usize> Answer for [Message; N] {
    fn into_messages(self) -> Result<Vec<Message>> {
        Ok(Vec::from(self))
    }
}

impl Answer for Vec<Message> {
    fn into_messages(self) -> Result<Vec<Message>> {
        Ok(self)
    }
}

impl<A: Answer> Answer for Option<A> {
    fn into_messages(self) -> Result<Vec<Message>> {
        self.map_or_else(|| Ok(Vec::new()), Answer::into_messages)
    }
}

impl<A: Answer, E: Into<Error>> Answer for Result<A, E> {
    fn into_messages(self) -> Result<Vec<Message>> {
        self.map_err(Into::into)?.into_messages()
    }
}
