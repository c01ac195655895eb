use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Integer, Map, Value};

/// A type that a value of `data` can be read as. Nothing is converted: a float is not read as an integer, nor the other
/// way round.
pub trait FromValue<'a>: Sized {
    /// What is expected, for errors: `text`.
    const EXPECTED: &'static str;

    /// The value as this type; `None` when it is of another one or out of range.
    fn from_value(value: &'a Value) -> Option<Self>;

    /// What stands for a value that is not there; `None` when it must be.
    fn missing() -> Option<Self> {
        None
    }
}

macro_rules! integers {
    ($($type:ty, $expected:literal;)+) => {$(
        impl FromValue<'_> for $type {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Integer(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }
        }
    )+};
}

integers! {
    i8, "integer from -128 to 127";
    i16, "integer of 16 bits with sign";
    i32, "integer of 32 bits with sign";
    i64, "integer of 64 bits with sign";
    u8, "integer from 0 to 255";
    u16, "integer of 16 bits";
    u32, "integer of 32 bits";
    u64, "integer of 64 bits";
    usize, "integer of 32 bits";
    Integer, "integer";
}

macro_rules! others {
    ($($type:ty, $expected:literal, $pattern:pat => $result:expr;)+) => {$(
        impl<'a> FromValue<'a> for $type {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: &'a Value) -> Option<Self> {
                match value {
                    $pattern => Some($result),
                    #[allow(unreachable_patterns, reason = "&Value takes every value")]
                    _ => None,
                }
            }
        }
    )+};
}

others! {
    bool, "boolean", Value::Bool(truth) => *truth;
    f64, "float", Value::Float(number) => *number;
    &'a str, "text", Value::Text(text) => text;
    String, "text", Value::Text(text) => text.to_owned();
    &'a [u8], "bytes", Value::Bytes(bytes) => bytes;
    Vec<u8>, "bytes", Value::Bytes(bytes) => bytes.to_owned();
    &'a [Value], "array", Value::List(list) => list;
    Vec<Value>, "array", Value::List(list) => list.to_owned();
    &'a Map, "map", Value::Map(map) => map;
    Map, "map", Value::Map(map) => map.to_owned();
    &'a Value, "anything", any => any;
    Value, "anything", any => any.to_owned();
}

/// Null, or nothing at all, is `None`.
impl<'a, T: FromValue<'a>> FromValue<'a> for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}
