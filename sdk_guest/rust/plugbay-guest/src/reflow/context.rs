use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::message::Tagged;
use super::{FromMessage, Json, Message, Object};
use crate::{Error, Result};

/// What an actor is given: the messages by inport, its settings, its state, and the node that it runs as.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Context {
    /// The messages by inport.
    pub inputs: BTreeMap<String, Message>,
    /// The actor's settings, as the host gave them.
    pub config: Object,
    /// The state as it was before this message.
    pub state: Object,
    /// The node of the graph that the actor runs as.
    pub node_id: String,
    /// The actor's name in the graph.
    pub component: String,
}

impl Context {
    /// Takes the message of an inport, as a Rust value; `None` when there is none.
    ///
    /// Fails when the message is of another type.
    pub fn take<T: FromMessage>(&mut self, port: &str) -> Result<Option<T>> {
        let Some(message) = self.inputs.remove(port) else { return Ok(None) };
        T::from_message(message).map(Some).map_err(|other| {
            let found = other.port_type();
            match T::EXPECTED {
                Some(expected) => Error::new(format!("port {port}: expected {expected}, found {found}")),
                None => Error::new(format!("port {port}: can't be a {found}")),
            }
        })
    }

    /// The state as a type of yours; its default when there is none yet.
    pub fn state<S: DeserializeOwned + Default>(&self) -> Result<S> {
        if self.state.is_empty() {
            return Ok(S::default());
        }
        read("state", Json::Object(self.state.clone()))
    }

    /// The settings as a type of yours.
    pub(super) fn config<C: DeserializeOwned>(&self) -> Result<C> {
        read("config", Json::Object(self.config.clone()))
    }

    /// The context in the host's JSON.
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self> {
        let given: Given<'_> = serde_json::from_slice(bytes).map_err(|error| Error::from(error).context("context"))?;
        let node = given.config.unwrap_or_default();
        let mut inputs = BTreeMap::new();
        for (port, message) in given.payload {
            let message = message.read().map_err(|error| error.context(format!("port {port}")))?;
            inputs.insert(port, message);
        }
        Ok(Self {
            inputs,
            config: node.config.unwrap_or_default(),
            state: given.state.unwrap_or_default(),
            node_id: node.node_id.unwrap_or_default(),
            component: node.component.unwrap_or_default(),
        })
    }
}

fn read<T: DeserializeOwned>(what: &str, json: Json) -> Result<T> {
    serde_json::from_value(json).map_err(|error| Error::from(error).context(what))
}

/// The ActorContext on the wire.
#[derive(Deserialize)]
struct Given<'a> {
    #[serde(borrow)]
    payload: BTreeMap<String, Tagged<'a>>,
    config: Option<Node>,
    state: Option<Object>,
}

/// The node that the actor runs as; its own settings are one field of it.
#[derive(Default, Deserialize)]
struct Node {
    node_id: Option<String>,
    component: Option<String>,
    config: Option<Object>,
}
