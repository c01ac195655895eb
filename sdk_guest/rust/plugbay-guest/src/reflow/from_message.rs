use alloc::string::String;
use alloc::vec::Vec;

use super::{Json, Message, Object, PortType};

/// A type that a message of one of Reflow's types can be taken as.
pub trait FromMessage: Sized {
    /// The type of message that is expected; `None` when any will do.
    const EXPECTED: Option<PortType>;

    /// The message as this type; it is given back when it is of another one.
    fn from_message(message: Message) -> Result<Self, Message>;
}

macro_rules! types {
    ($($type:ty, $variant:ident;)+) => {$(
        impl FromMessage for $type {
            const EXPECTED: Option<PortType> = Some(PortType::$variant);

            fn from_message(message: Message) -> Result<Self, Message> {
                match message {
                    Message::$variant(value) => Ok(value),
                    other => Err(other),
                }
            }
        }
    )+};
}

types! {
    bool, Boolean;
    i64, Integer;
    f64, Float;
    String, String;
    Object, Object;
    Vec<Json>, Array;
    Vec<u8>, Stream;
    Option<Json>, Optional;
}

/// A Flow.
impl FromMessage for () {
    const EXPECTED: Option<PortType> = Some(PortType::Flow);

    fn from_message(message: Message) -> Result<Self, Message> {
        match message {
            Message::Flow => Ok(()),
            other => Err(other),
        }
    }
}

/// The JSON of an Event, an Any or an Optional.
impl FromMessage for Json {
    const EXPECTED: Option<PortType> = Some(PortType::Any);

    fn from_message(message: Message) -> Result<Self, Message> {
        match message {
            Message::Event(json) | Message::Any(json) => Ok(json),
            Message::Optional(json) => Ok(json.unwrap_or_default()),
            other => Err(other),
        }
    }
}

/// Whatever it is.
impl FromMessage for Message {
    const EXPECTED: Option<PortType> = None;

    fn from_message(message: Message) -> Result<Self, Message> {
        Ok(message)
    }
}
