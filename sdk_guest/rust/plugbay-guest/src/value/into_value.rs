use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Integer, Map, Value};

/// A map of these fields.
///
/// ```
/// use plugbay_guest::fluxrig::{list, map};
///
/// let card = map([("scheme", "visa".into()), ("tries", 3.into()), ("tags", list([1, 2]))]);
/// assert_eq!(card.len(), 3);
/// ```
pub fn map<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A list of these values.
pub fn list<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Value {
    Value::List(values.into_iter().map(Into::into).collect())
}

macro_rules! integers {
    ($($type:ty)+) => {$(
        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                Value::Integer(Integer::from(number))
            }
        }
    )+};
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

macro_rules! others {
    ($($type:ty, $value:ident => $result:expr;)+) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $result
            }
        }
    )+};
}

others! {
    (), _nothing => Value::Null;
    bool, truth => Value::Bool(truth);
    Integer, number => Value::Integer(number);
    f32, number => Value::Float(number.into());
    f64, number => Value::Float(number);
    &str, text => Value::Text(text.to_owned());
    String, text => Value::Text(text);
    &[u8], bytes => Value::Bytes(bytes.to_owned());
    Vec<u8>, bytes => Value::Bytes(bytes);
    Vec<Value>, list => Value::List(list);
    Map, map => Value::Map(map);
}

/// `None` is null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
