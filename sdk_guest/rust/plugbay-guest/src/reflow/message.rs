use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::de::DeserializeOwned;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Json, Object, PortType};
use crate::{Error, Result};

/// A message of Reflow's, with its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A signal without a value.
    Flow,
    /// JSON that tells what happened.
    Event(Json),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; it must be finite, since JSON has no others.
    Float(f64),
    /// Text.
    String(String),
    /// A JSON object.
    Object(Object),
    /// A JSON array.
    Array(Vec<Json>),
    /// Bytes.
    Stream(Vec<u8>),
    /// JSON, or nothing.
    Optional(Option<Json>),
    /// JSON of any kind.
    Any(Json),
    /// The text of an error.
    Error(String),
}

impl Message {
    /// Its type.
    pub fn port_type(&self) -> PortType {
        match self {
            Message::Flow => PortType::Flow,
            Message::Event(_) => PortType::Event,
            Message::Boolean(_) => PortType::Boolean,
            Message::Integer(_) => PortType::Integer,
            Message::Float(_) => PortType::Float,
            Message::String(_) => PortType::String,
            Message::Object(_) => PortType::Object,
            Message::Array(_) => PortType::Array,
            Message::Stream(_) => PortType::Stream,
            Message::Optional(_) => PortType::Optional,
            Message::Any(_) => PortType::Any,
            Message::Error(_) => PortType::Error,
        }
    }
}

/// `{"type": "Integer", "data": 4}`; a Flow has no `data`.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("type", &self.port_type())?;
        match self {
            Message::Flow => {}
            Message::Event(json) | Message::Any(json) => fields.serialize_entry("data", json)?,
            Message::Boolean(truth) => fields.serialize_entry("data", truth)?,
            Message::Integer(number) => fields.serialize_entry("data", number)?,
            Message::Float(number) if !number.is_finite() => {
                return Err(S::Error::custom(format!("a Float must be finite, found {number}")));
            }
            Message::Float(number) => fields.serialize_entry("data", number)?,
            Message::String(text) | Message::Error(text) => fields.serialize_entry("data", text)?,
            Message::Object(object) => fields.serialize_entry("data", object)?,
            Message::Array(array) => fields.serialize_entry("data", array)?,
            Message::Stream(bytes) => fields.serialize_entry("data", bytes)?,
            Message::Optional(json) => fields.serialize_entry("data", json)?,
        }
        fields.end()
    }
}

/// A message whose data is not read yet, for what it is depends on a type that may come after it.
#[derive(Deserialize)]
pub struct Tagged<'a> {
    #[serde(rename = "type")]
    port_type: PortType,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Tagged<'_> {
    /// The message; fails when the data is not of the type.
    pub fn read(&self) -> Result<Message> {
        Ok(match self.port_type {
            PortType::Flow => Message::Flow,
            PortType::Event => Message::Event(self.data()?),
            PortType::Boolean => Message::Boolean(self.data()?),
            PortType::Integer => Message::Integer(self.integer()?),
            PortType::Float => Message::Float(self.data()?),
            PortType::String => Message::String(self.data()?),
            PortType::Object => Message::Object(self.data()?),
            PortType::Array => Message::Array(self.data()?),
            PortType::Stream => Message::Stream(self.data()?),
            PortType::Optional => Message::Optional(self.data()?),
            PortType::Any => Message::Any(self.data()?),
            PortType::Error => Message::Error(self.data()?),
        })
    }

    fn data<T: DeserializeOwned>(&self) -> Result<T> {
        // Missing data and null are the same to Reflow.
        Ok(serde_json::from_str(self.data.map_or("null", RawValue::get))?)
    }

    /// Actors in Go are known to send whole numbers as floats.
    fn integer(&self) -> Result<i64> {
        let number: serde_json::Number = self.data()?;
        if let Some(whole) = number.as_i64() {
            return Ok(whole);
        }
        match number.as_f64().filter(|_| number.is_f64()) {
            // Within these bounds a float can be told from its neighbours.
            Some(float) if float as i64 as f64 == float && float.abs() < 9.0e15 => Ok(float as i64),
            _ => Err(Error::new(format!("expected an integer of 64 bits with sign, found {number}"))),
        }
    }
}
