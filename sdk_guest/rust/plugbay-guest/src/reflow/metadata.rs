use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::Json;

/// The twelve types of Reflow's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PortType {
    /// A signal without a value.
    Flow,
    /// JSON that tells what happened.
    Event,
    /// True or false.
    Boolean,
    /// A whole number of 64 bits with sign.
    Integer,
    /// A number.
    Float,
    /// Text.
    String,
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// Bytes.
    Stream,
    /// JSON, or nothing.
    Optional,
    /// JSON of any kind.
    Any,
    /// The text of an error.
    Error,
}

impl fmt::Display for PortType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// What an actor says about itself.
#[derive(Clone, Debug, Serialize)]
pub struct Metadata {
    component: String,
    description: String,
    inports: Vec<Port>,
    outports: Vec<Port>,
    config_schema: Option<Json>,
    #[serde(skip)]
    pub(super) version: String,
}

#[derive(Clone, Debug, Serialize)]
struct Port {
    name: String,
    description: String,
    port_type: PortType,
    required: bool,
}

impl Metadata {
    /// An actor without ports. `env!("CARGO_PKG_VERSION")` is the version of your crate.
    pub fn new(component: &str, description: &str, version: &str) -> Self {
        Self {
            component: component.into(),
            description: description.into(),
            inports: Vec::new(),
            outports: Vec::new(),
            config_schema: None,
            version: version.into(),
        }
    }

    /// Adds an inport that may stay without a message.
    #[must_use]
    pub fn inport(mut self, name: &str, port_type: PortType, description: &str) -> Self {
        self.inports.push(Port::new(name, port_type, description, false));
        self
    }

    /// Adds an inport without which the actor can't work.
    #[must_use]
    pub fn required_inport(mut self, name: &str, port_type: PortType, description: &str) -> Self {
        self.inports.push(Port::new(name, port_type, description, true));
        self
    }

    /// Adds an outport.
    #[must_use]
    pub fn outport(mut self, name: &str, port_type: PortType, description: &str) -> Self {
        self.outports.push(Port::new(name, port_type, description, false));
        self
    }

    /// Sets the JSON Schema of the config.
    #[must_use]
    pub fn config_schema(mut self, schema: Json) -> Self {
        self.config_schema = Some(schema);
        self
    }
}

impl Port {
    fn new(name: &str, port_type: PortType, description: &str, required: bool) -> Self {
        Self { name: name.into(), description: description.into(), port_type, required }
    }
}
