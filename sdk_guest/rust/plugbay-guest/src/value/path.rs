use alloc::format;

use super::{FromValue, Map, Value, expected};
use crate::{Error, Result};

/// The value at a dotted path; `None` where the path leads nowhere.
pub fn lookup<'a>(map: &'a Map, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => map.get(path),
        Some((key, rest)) => map.get(key)?.lookup(rest),
    }
}

/// The value at a dotted path as a Rust value.
pub fn read<'a, T: FromValue<'a>>(map: &'a Map, path: &str) -> Result<T> {
    match lookup(map, path) {
        Some(value) => T::from_value(value).ok_or_else(|| expected(path, T::EXPECTED, value)),
        None => T::missing().ok_or_else(|| missing(path, T::EXPECTED)),
    }
}

#[cold]
fn missing(path: &str, what: &str) -> Error {
    Error::new(format!("{path} is missing: expected {what}"))
}

/// Puts a value at a dotted path; maps that are missing on the way are made.
///
/// Fails when something else than a map is in the way.
pub fn set(mut map: &mut Map, path: &str, value: Value) -> Result<()> {
    let mut rest = path;
    while let Some((key, deeper)) = rest.split_once('.') {
        let here = map.get_or_insert_with(key, || Value::Map(Map::new()));
        let kind = here.kind();
        let Value::Map(inner) = here else {
            let way = &path[..path.len() - deeper.len() - 1];
            return Err(Error::new(format!("{way} is in the way: expected map or nothing, found {kind}")));
        };
        map = inner;
        rest = deeper;
    }
    map.insert(rest, value);
    Ok(())
}
