//! A message's bytes.

use alloc::format;
use alloc::vec::Vec;

use super::{Hop, MAX_HOPS, MAX_MESSAGE_BYTES, Message, Value};
use crate::cbor::Writer;
use crate::{Error, Result};

/// The message's bytes, its fields in the order in which they are documented.
pub fn encode(message: &Message) -> Result<Vec<u8>> {
    check(message)?;
    Writer::bytes(|writer| write(writer, message))
}

/// Writes a message. Its limits were checked.
fn write(writer: &mut Writer, message: &Message) -> Result<()> {
    writer.map(10, |writer| {
        id(writer, "id", &message.id);
        id(writer, "ref_id", &message.ref_id);
        writer.text("trace");
        writer.text(&message.trace);
        id(writer, "src_id", &message.src_id);
        writer.text("meta");
        writer.text_map(message.meta.len(), message.meta.iter().map(|(key, text)| (key, text.as_str())))?;
        writer.text("data");
        writer.value_map(&message.data)?;
        writer.text("flags");
        writer.unsigned(message.flags.into());
        writer.text("raw");
        match &message.raw {
            Some(raw) => writer.byte_string(raw),
            None => writer.null(),
        }
        writer.text("path");
        match &message.path {
            Some(path) => writer.array(path.len(), |writer| path.iter().try_for_each(|step| hop(writer, step)))?,
            None => writer.null(),
        }
        writer.text("ts");
        writer.signed(message.ts);
        Ok(())
    })
}

fn id(writer: &mut Writer, name: &str, id: &super::Id) {
    writer.text(name);
    writer.byte_string(&id.0);
}

fn hop(writer: &mut Writer, hop: &Hop) -> Result<()> {
    writer.map(3, |writer| {
        id(writer, "g", &hop.gear);
        id(writer, "p", &hop.port);
        writer.text("t");
        writer.signed(hop.time);
        Ok(())
    })
}

/// The limits of the bus.
fn check(message: &Message) -> Result<()> {
    let hops = message.path.as_ref().map_or(0, Vec::len);
    if hops > MAX_HOPS {
        return Err(Error::new(format!("path has {hops} hops, more than {MAX_HOPS}")));
    }
    let raw = message.raw.as_ref().map_or(0, Vec::len);
    let meta: usize = message.meta.iter().map(|(key, value)| key.len() + value.len()).sum();
    let data: usize = message.data.iter().map(|(key, value)| key.len() + text_len(value)).sum();
    let size = raw + meta + data;
    if size > MAX_MESSAGE_BYTES {
        return Err(Error::new(format!(
            "raw, meta and the keys and texts of data have {size} bytes together, more than {MAX_MESSAGE_BYTES}"
        )));
    }
    Ok(())
}

fn text_len(value: &Value) -> usize {
    if let Value::Text(text) = value { text.len() } else { 0 }
}

/// The bytes of several messages as one result: an array of them.
#[cfg(feature = "fluxrig-extended")]
pub fn encode_many(messages: &[Message]) -> Result<Vec<u8>> {
    messages.iter().try_for_each(check)?;
    Writer::bytes(|writer| {
        // The array's level is not the messages' own, so it does not count.
        writer.array_head(messages.len());
        messages.iter().try_for_each(|message| write(writer, message))
    })
}
