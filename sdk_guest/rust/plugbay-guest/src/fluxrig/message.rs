use alloc::string::String;
use alloc::vec::Vec;

use super::{FromValue, Hop, Id, Map, Value, codec, fields};
use crate::cbor::read;
use crate::value;
use crate::{Error, Result};

/// A message between gears: fluxrig's fluxMsg.
///
/// A missing field is its default. The limits ([`MAX_HOPS`](super::MAX_HOPS),
/// [`MAX_MESSAGE_BYTES`](super::MAX_MESSAGE_BYTES), 32 containers inside each other) are checked when it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Which message it is, a UUID v7.
    pub id: Id,
    /// The message that it answers or stems from.
    pub ref_id: Id,
    /// OpenTelemetry's trace id, in hex.
    pub trace: String,
    /// The gear that it came from at first.
    pub src_id: Id,
    /// Routing flags and protocol headers; bytes are written as `hex:` and hex digits.
    pub meta: Map<String>,
    /// The business fields.
    pub data: Map,
    /// Bit 0 is a sync probe; the others are reserved.
    pub flags: u32,
    /// The bytes that came in over the wire, where they are kept.
    pub raw: Option<Vec<u8>>,
    /// The gears that it passed, oldest first.
    pub path: Option<Vec<Hop>>,
    /// When it was made, in Unix nanoseconds.
    pub ts: i64,
}

impl Message {
    /// The message in these bytes; the error says what is wrong with them.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self> {
        fields::message(read(bytes)?)
    }

    /// The message's bytes.
    ///
    /// Fails over the limits, and when there is no memory for them.
    pub fn to_cbor(&self) -> Result<Vec<u8>> {
        codec::encode(self)
    }

    /// A new message that answers this one: it refers to it, and has its trace and `meta`. The host gives it an id and a time.
    #[must_use]
    pub fn reply(&self) -> Self {
        Self { ref_id: self.id, trace: self.trace.clone(), meta: self.meta.clone(), ..Self::default() }
    }

    /// The value at a dotted path of `data`, such as `card.pan`; `None` where the path leads nowhere.
    pub fn lookup(&self, path: &str) -> Option<&Value> {
        value::lookup(&self.data, path)
    }

    /// The value at a dotted path of `data`, as a Rust value.
    ///
    /// Fails when it is missing, of another type or out of range, with an error that names the path. Nothing is converted.
    /// Read what may be absent, or null, as an `Option`.
    ///
    /// ```
    /// use plugbay_guest::fluxrig::{Message, map};
    ///
    /// let mut message = Message::default();
    /// message.set("card", map! { "country" => "DE", "tries" => 300 })?;
    /// let country: &str = message.read("card.country")?;
    /// let holder: Option<&str> = message.read("card.holder")?;
    /// assert_eq!((country, holder), ("DE", None));
    /// let error = message.read::<u8>("card.tries").unwrap_err();
    /// assert_eq!(error.reason(), "card.tries: expected integer from 0 to 255, found integer");
    /// # Ok::<(), plugbay_guest::Error>(())
    /// ```
    pub fn read<'a, T: FromValue<'a>>(&'a self, path: &str) -> Result<T> {
        value::read(&self.data, path)
    }

    /// Puts a value at a dotted path of `data`; maps that are missing on the way are made.
    ///
    /// Fails when something else than a map is in the way.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) -> Result<()> {
        value::set(&mut self.data, path, value.into())
    }

    /// Adds a hop to the path. Fails when the path has as many as a message may have.
    pub fn add_hop(&mut self, hop: Hop) -> Result<()> {
        let path = self.path.get_or_insert_default();
        if path.len() >= super::MAX_HOPS {
            return Err(Error::new("a message can't have more than 64 hops"));
        }
        path.push(hop);
        Ok(())
    }
}
