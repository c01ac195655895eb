//! The fields of a message, out of a value that was read.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Hop, Id, MAX_HOPS, Map, Message, Value};
use crate::value::expected;
use crate::{Error, Result};

/// The message that a value is. Keys that no message has are ignored, missing ones are defaults.
pub fn message(value: Value) -> Result<Message> {
    let Value::Map(mut fields) = value else { return Err(expected("message", "map", &value)) };
    let fields = &mut fields;
    Ok(Message {
        id: id(fields, "id")?,
        ref_id: id(fields, "ref_id")?,
        trace: text(fields, "trace")?,
        src_id: id(fields, "src_id")?,
        meta: meta(fields)?,
        data: match take(fields, "data") {
            Value::Null => Map::new(),
            Value::Map(data) => data,
            other => return Err(expected("data", "map", &other)),
        },
        flags: integer(fields, "flags", "integer from 0 to 2**32 - 1")?,
        raw: match take(fields, "raw") {
            Value::Null => None,
            Value::Bytes(raw) => Some(raw),
            other => return Err(expected("raw", "bytes or null", &other)),
        },
        path: match take(fields, "path") {
            Value::Null => None,
            Value::List(hops) => Some(path(hops)?),
            other => return Err(expected("path", "array of hops or null", &other)),
        },
        ts: integer(fields, "ts", "integer of 64 bits with sign")?,
    })
}

/// The field; null when it is missing.
fn take(fields: &mut Map, name: &str) -> Value {
    fields.remove(name).unwrap_or_default()
}

fn id(fields: &mut Map, name: &str) -> Result<Id> {
    match fields.remove(name) {
        None => Ok(Id::NIL),
        Some(Value::Bytes(bytes)) => match <[u8; 16]>::try_from(bytes.as_slice()) {
            Ok(bytes) => Ok(Id(bytes)),
            Err(_) => Err(Error::new(format!("{name}: expected 16 bytes, found {}", bytes.len()))),
        },
        Some(other) => Err(expected(name, "16 bytes", &other)),
    }
}

fn text(fields: &mut Map, name: &str) -> Result<String> {
    match fields.remove(name) {
        None => Ok(String::new()),
        Some(Value::Text(text)) => Ok(text),
        Some(other) => Err(expected(name, "text", &other)),
    }
}

fn integer<T: TryFrom<super::Integer> + Default>(fields: &mut Map, name: &str, what: &str) -> Result<T> {
    match fields.remove(name) {
        None => Ok(T::default()),
        Some(Value::Integer(number)) => T::try_from(number).map_err(|_| expected(name, what, &Value::Integer(number))),
        Some(other) => Err(expected(name, what, &other)),
    }
}

fn meta(fields: &mut Map) -> Result<Map<String>> {
    let meta = match take(fields, "meta") {
        Value::Null => return Ok(Map::new()),
        Value::Map(meta) => meta,
        other => return Err(expected("meta", "map", &other)),
    };
    meta.try_map(|key, value| match value {
        Value::Text(text) => Ok(text),
        other => Err(expected(&format!("meta.{key}"), "text", &other)),
    })
}

fn path(hops: Vec<Value>) -> Result<Vec<Hop>> {
    if hops.len() > MAX_HOPS {
        return Err(Error::new(format!("path has {} hops, more than {MAX_HOPS}", hops.len())));
    }
    let mut path = Vec::with_capacity(hops.len());
    for value in hops {
        path.push(hop(value)?);
    }
    Ok(path)
}

fn hop(value: Value) -> Result<Hop> {
    let Value::Map(mut fields) = value else { return Err(expected("path", "array of maps", &value)) };
    hop_fields(&mut fields).map_err(|error| error.context("path"))
}

fn hop_fields(fields: &mut Map) -> Result<Hop> {
    let time = integer(fields, "t", "integer of 64 bits with sign")?;
    Ok(Hop { gear: id(fields, "g")?, port: id(fields, "p")?, time })
}
