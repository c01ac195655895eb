use alloc::vec::Vec;

use minicbor::encode::{Encoder, Error as Never};

use super::MAX_DEPTH;
use super::sink::Sink;
use crate::value::{Map, Value};
use crate::{Error, Result};

/// Writes data items one after the other.
pub struct Writer {
    encoder: Encoder<Sink>,
    depth: usize,
}

/// What writing to memory can't come to.
type Written = Result<(), Never<core::convert::Infallible>>;

impl Writer {
    /// The bytes that `write` writes; it is run twice, and must do the same both times.
    ///
    /// Fails when `write` does, and when there is no memory for that many bytes.
    pub fn bytes(write: impl Fn(&mut Writer) -> Result<()>) -> Result<Vec<u8>> {
        let mut counted = Writer { encoder: Encoder::new(Sink::Count(0)), depth: 0 };
        write(&mut counted)?;
        let mut kept = Vec::new();
        if let Sink::Count(count) = counted.encoder.into_writer() {
            kept.try_reserve_exact(count).map_err(|_| Error::new("no memory is left for the message"))?;
        }
        let mut writer = Writer { encoder: Encoder::new(Sink::Keep(kept)), depth: 0 };
        write(&mut writer)?;
        match writer.encoder.into_writer() {
            Sink::Keep(kept) => Ok(kept),
            Sink::Count(_) => Ok(Vec::new()),
        }
    }

    /// Null.
    pub fn null(&mut self) {
        done(self.encoder.null().map(drop));
    }

    /// An integer.
    pub fn signed(&mut self, number: i64) {
        done(self.encoder.i64(number).map(drop));
    }

    /// An integer that is not negative.
    pub fn unsigned(&mut self, number: u64) {
        done(self.encoder.u64(number).map(drop));
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        done(self.encoder.str(text).map(drop));
    }

    /// A byte string.
    pub fn bytes_value(&mut self, bytes: &[u8]) {
        done(self.encoder.bytes(bytes).map(drop));
    }

    /// The head of an array alone; its items are to follow.
    pub fn array_head(&mut self, len: usize) {
        done(self.encoder.array(len as u64).map(drop));
    }

    /// An array of `len` items, which `items` writes.
    pub fn array(&mut self, len: usize, items: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.array_head(len);
        self.inside(items)
    }

    /// A map of `len` entries, which `entries` writes: keys and values in turn.
    pub fn map(&mut self, len: usize, entries: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        done(self.encoder.map(len as u64).map(drop));
        self.inside(entries)
    }

    /// A map of values.
    pub fn value_map(&mut self, map: &Map) -> Result<()> {
        self.map(map.len(), |writer| {
            map.iter().try_for_each(|(key, value)| {
                writer.text(key);
                writer.value(value)
            })
        })
    }

    /// Any value.
    pub fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.null(),
            Value::Bool(truth) => done(self.encoder.bool(*truth).map(drop)),
            Value::Integer(number) => match i64::try_from(*number) {
                Ok(number) => self.signed(number),
                Err(_) => self.unsigned(u64::try_from(*number)?),
            },
            Value::Float(number) => done(self.encoder.f64(*number).map(drop)),
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => self.bytes_value(bytes),
            Value::List(list) => {
                return self.array(list.len(), |writer| list.iter().try_for_each(|value| writer.value(value)));
            }
            Value::Map(map) => return self.value_map(map),
        }
        Ok(())
    }

    fn inside(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Err(Error::new("a message can't have more than 32 containers inside each other"));
        }
        self.depth += 1;
        write(self)?;
        self.depth -= 1;
        Ok(())
    }
}

/// Writing to memory does not fail, which minicbor's types don't say.
fn done(written: Written) {
    debug_assert!(written.is_ok());
}
