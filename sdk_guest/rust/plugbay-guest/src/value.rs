//! What stands in a message's `data`.

mod from_value;
mod integer;
mod into_value;
mod map;
mod path;

use alloc::string::String;
use alloc::vec::Vec;

pub use from_value::FromValue;
pub use integer::{Integer, OutOfRange};
pub use map::{Iter, Map};
pub(crate) use path::{lookup, read, set};

use crate::{Error, Result};

/// A value of `data`: what CBOR and Go's `map[string]any` have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing; Go's nil.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number from -2<sup>63</sup> to 2<sup>64</sup> - 1.
    Integer(Integer),
    /// Any other number; a float that is whole stays a float.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(Map),
}

impl Value {
    /// What kind of value it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Integer(_) => "integer",
            Value::Float(_) => "float",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "array",
            Value::Map(_) => "map",
        }
    }

    /// The value at a dotted path inside this one; `None` where the path leads nowhere.
    pub fn lookup(&self, path: &str) -> Option<&Value> {
        let Value::Map(map) = self else { return None };
        lookup(map, path)
    }

    /// The value at a dotted path inside this one, as a Rust value; see [`Message::read`](crate::fluxrig::Message::read).
    pub fn read<'a, T: FromValue<'a>>(&'a self, path: &str) -> Result<T> {
        match self {
            Value::Map(map) => read(map, path),
            other => Err(expected(path, "map", other)),
        }
    }

    /// An integer or a float as a float, which may round an integer of more than 53 bits; `None` for anything else.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Integer(number) => Some(number.to_f64()),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }
}

/// An error that says what was wanted and what was found.
#[cold]
pub(crate) fn expected(place: &str, what: &str, found: &Value) -> Error {
    Error::new(alloc::format!("{place}: expected {what}, found {}", found.kind()))
}
