use plugbay_guest::fluxrig::{Map, Value, list, map};
use plugbay_guest::prelude::*;

/// The operation `types`: a value of each type that `data` can hold.
pub fn types() -> Map {
    let leaf = Value::Map(map([("c", 1.into())]));
    let tree = Value::Map(map([("b", leaf)]));
    map([
        ("null", ().into()),
        ("yes", true.into()),
        ("no", false.into()),
        ("int", (-42).into()),
        ("uint", u64::MAX.into()),
        ("float", 0.1.into()),
        ("text", "Grüße, 世界 🚀".into()),
        ("empty_text", "".into()),
        ("bytes", vec![0x00_u8, 0x7f, 0x80, 0xff].into()),
        ("empty_bytes", Vec::<u8>::new().into()),
        ("list", list::<Value>([1.into(), "two".into(), vec![3_u8].into(), ().into(), Vec::<Value>::new().into()])),
        ("empty_list", Vec::<Value>::new().into()),
        ("map", map([("a", tree)]).into()),
        ("empty_map", Map::new().into()),
    ])
}

/// The operation `numbers`: integers and floats at the borders of their encodings.
pub fn numbers() -> Map {
    let small = [0_u64, 1, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296];
    let large = [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    let negative = [-1, -24, -25, -256, -257, -65_536, -65_537, -4_294_967_296, -4_294_967_297, i64::MIN];
    let integers = small.into_iter().chain(large).map(Value::from).chain(negative.into_iter().map(Value::from));
    let floats = [0.0, -0.0, 1.5, 0.1, 1.0e300, 5.0e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    map([("integers", list(integers)), ("floats", list(floats))])
}
