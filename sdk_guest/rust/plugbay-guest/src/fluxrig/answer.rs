use super::Message;
use crate::{Error, Result};

/// What a gear of the core profile may return: a [`Message`], `None` to drop it, or a `Result` of either.
pub trait Answer {
    /// The message to send on; `None` drops it.
    fn into_message(self) -> Result<Option<Message>>;
}

impl Answer for Message {
    fn into_message(self) -> Result<Option<Message>> {
        Ok(Some(self))
    }
}

impl Answer for Option<Message> {
    fn into_message(self) -> Result<Option<Message>> {
        Ok(self)
    }
}

impl<A: Answer, E: Into<Error>> Answer for Result<A, E> {
    fn into_message(self) -> Result<Option<Message>> {
        self.map_err(Into::into)?.into_message()
    }
}
