use plugbay_guest::fluxrig::{Map, Value, list, map};
use plugbay_guest::prelude::*;

/// The operation `types`: a value of each type that `data` can hold.
pub fn types() -> Map {
    map! {
        "null" => (),
        "yes" => true,
        "no" => false,
        "int" => -42,
        "uint" => u64::MAX,
        "float" => 0.1,
        "text" => "Grüße, 世界 🚀",
        "empty_text" => "",
        "bytes" => vec![0x00_u8, 0x7f, 0x80, 0xff],
        "empty_bytes" => Vec::<u8>::new(),
        "list" => list![1, "two", vec![3_u8], (), list![]],
        "empty_list" => list![],
        "map" => map! { "a" => map! { "b" => map! { "c" => 1 } } },
        "empty_map" => map! {},
    }
}

/// The operation `numbers`: integers and floats at the borders of their encodings.
pub fn numbers() -> Map {
    let small = [0_u64, 1, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296];
    let large = [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    let negative = [-1, -24, -25, -256, -257, -65_536, -65_537, -4_294_967_296, -4_294_967_297, i64::MIN];
    let positive = small.into_iter().chain(large).map(Value::from);
    let floats = [0.0, -0.0, 1.5, 0.1, 1.0e300, 5.0e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    map! {
        "integers" => positive.chain(negative.into_iter().map(Value::from)).collect::<Value>(),
        "floats" => floats.into_iter().collect::<Value>(),
    }
}
