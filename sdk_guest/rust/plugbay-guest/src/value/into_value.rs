use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Integer, Map, Value};

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

/// A list.
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Value::List(values.into_iter().map(Into::into).collect())
    }
}
