use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::Serialize;

use super::{Json, Message, Object};
use crate::{Result, bail};

/// What an actor answers: a message for each outport at most, and the new state if it changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Reply {
    /// The messages by outport.
    pub outputs: BTreeMap<String, Message>,
    /// The whole state, in place of the one before; `None` leaves that as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Object>,
}

impl Reply {
    /// No messages, and the state as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a message on an outport; one that was there before is replaced.
    #[must_use]
    pub fn send(mut self, port: &str, message: Message) -> Self {
        self.outputs.insert(port.into(), message);
        self
    }

    /// The same with a new state, which replaces all of the one before.
    ///
    /// Fails when the state is no JSON object, or can't be one.
    pub fn with_state(mut self, state: &impl Serialize) -> Result<Self> {
        let Json::Object(state) = serde_json::to_value(state)? else { bail!("an actor's state must be a JSON object") };
        self.state = Some(state);
        Ok(self)
    }
}
