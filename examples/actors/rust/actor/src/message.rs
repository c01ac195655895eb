use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A message as Reflow writes it: `{"type": "Integer", "data": 4}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Message {
    Flow,
    Event(Value),
    Boolean(bool),
    Integer(i64),
    Float(f64),
    String(String),
    Object(Map<String, Value>),
    Array(Vec<Value>),
    Stream(Vec<u8>),
    Optional(Option<Value>),
    Any(Value),
    Error(String),
}
