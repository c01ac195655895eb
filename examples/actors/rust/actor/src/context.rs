use std::collections::BTreeMap;

use extism_pdk::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Message;

/// What `process` is given: the messages by port, the node's settings and the actor's state `S`.
#[derive(Debug, Deserialize)]
pub struct Context<S> {
    pub payload: BTreeMap<String, Message>,
    #[serde(default)]
    config: Node,
    #[serde(default = "nothing")]
    pub state: Option<S>,
}

/// The node of the graph that the actor runs as; its own settings are one field of it.
#[derive(Debug, Default, Deserialize)]
struct Node {
    config: Option<Map<String, Value>>,
}

/// serde's plain `default` would ask for `S: Default` as well.
fn nothing<S>() -> Option<S> {
    None
}

impl<S> Context<S> {
    /// The settings, or their defaults where the host gave none.
    pub fn take_config<C: DeserializeOwned + Default>(&mut self) -> Result<C, Error> {
        self.config.config.take().map_or_else(|| Ok(C::default()), read_config)
    }
}

/// Settings from the fields of a JSON object; read as a map before, since serde would take an array for a struct too.
pub fn read_config<C: DeserializeOwned>(fields: Map<String, Value>) -> Result<C, Error> {
    Ok(serde_json::from_value(Value::Object(fields))?)
}

/// What `process` returns: the messages by port, and the new state unless it stays as it was.
#[derive(Debug, Serialize)]
pub struct ActorResult<S> {
    pub outputs: BTreeMap<&'static str, Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<S>,
}
