use alloc::vec::Vec;

use super::MAX_DEPTH;
use super::sink::Sink;
use crate::value::{Map, Value};
use crate::{Error, Result};

/// Writes data items one after the other.
pub struct Writer {
    sink: Sink,
    depth: usize,
}

/// The major types of RFC 8949.
#[derive(Clone, Copy)]
enum Major {
    Unsigned = 0,
    Negative = 1,
    Bytes = 2,
    Text = 3,
    Array = 4,
    Map = 5,
}

const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;
const FLOAT: u8 = 0xfb;
const NAN: [u8; 3] = [0xf9, 0x7e, 0x00];
const INFINITY: [u8; 3] = [0xf9, 0x7c, 0x00];
const NEGATIVE_INFINITY: [u8; 3] = [0xf9, 0xfc, 0x00];

impl Writer {
    /// The bytes that `write` writes; it is run twice, and must do the same both times.
    ///
    /// Fails when `write` does, and when there is no memory for that many bytes.
    pub fn bytes(write: impl Fn(&mut Writer) -> Result<()>) -> Result<Vec<u8>> {
        let mut counting = Writer { sink: Sink::counting(), depth: 0 };
        write(&mut counting)?;
        let mut keeping = Writer { sink: Sink::keeping(counting.sink.count())?, depth: 0 };
        write(&mut keeping)?;
        Ok(keeping.sink.into_bytes())
    }

    /// Null.
    pub fn null(&mut self) {
        self.sink.write(&[NULL]);
    }

    /// An integer.
    pub fn signed(&mut self, number: i64) {
        match u64::try_from(number) {
            Ok(number) => self.head(Major::Unsigned, number),
            Err(_) => self.head(Major::Negative, !number as u64),
        }
    }

    /// An integer that is not negative.
    pub fn unsigned(&mut self, number: u64) {
        self.head(Major::Unsigned, number);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.head(Major::Text, text.len() as u64);
        self.sink.write(text.as_bytes());
    }

    /// A byte string.
    pub fn byte_string(&mut self, bytes: &[u8]) {
        self.head(Major::Bytes, bytes.len() as u64);
        self.sink.write(bytes);
    }

    /// The head of an array alone; its items are to follow.
    pub fn array_head(&mut self, len: usize) {
        self.head(Major::Array, len as u64);
    }

    /// An array of `len` items, which `items` writes.
    pub fn array(&mut self, len: usize, items: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.array_head(len);
        self.enter()?;
        items(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// A map of `len` entries, which `entries` writes: keys and values in turn.
    pub fn map(&mut self, len: usize, entries: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.head(Major::Map, len as u64);
        self.enter()?;
        entries(self)?;
        self.depth -= 1;
        Ok(())
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

    /// A map of texts.
    pub fn text_map<'a>(&mut self, len: usize, texts: impl Iterator<Item = (&'a str, &'a str)>) -> Result<()> {
        self.map(len, |writer| {
            texts.for_each(|(key, text)| {
                writer.text(key);
                writer.text(text);
            });
            Ok(())
        })
    }

    /// Any value.
    pub fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.null(),
            Value::Bool(truth) => self.sink.write(&[if *truth { TRUE } else { FALSE }]),
            Value::Integer(number) => match i64::try_from(*number) {
                Ok(number) => self.signed(number),
                Err(_) => self.unsigned(u64::try_from(*number)?),
            },
            Value::Float(number) => self.float(*number),
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => self.byte_string(bytes),
            Value::List(list) => {
                return self.array(list.len(), |writer| list.iter().try_for_each(|value| writer.value(value)));
            }
            Value::Map(map) => return self.value_map(map),
        }
        Ok(())
    }

    /// A float in 64 bits; one that is no number has 16, as Go's encoder writes it.
    fn float(&mut self, number: f64) {
        if number.is_finite() {
            self.sink.write(&[FLOAT]);
            self.sink.write(&number.to_be_bytes());
        } else if number.is_nan() {
            self.sink.write(&NAN);
        } else {
            self.sink.write(if number > 0.0 { &INFINITY } else { &NEGATIVE_INFINITY });
        }
    }

    /// A head in its shortest form.
    fn head(&mut self, major: Major, number: u64) {
        let bytes = number.to_be_bytes();
        let (info, width) = match number {
            0..=23 => (number as u8, 0),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.sink.write(&[(major as u8) << 5 | info]);
        self.sink.write(&bytes[8 - width..]);
    }

    fn enter(&mut self) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Err(Error::new("a message can't have more than 32 containers inside each other"));
        }
        self.depth += 1;
        Ok(())
    }
}
