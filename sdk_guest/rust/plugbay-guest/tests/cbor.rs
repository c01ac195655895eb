//! Messages as bytes: what is read, what is refused, and that both ways lead to the same message.

use plugbay_guest::fluxrig::{Hop, Id, Message, Value, list, map};

/// The bytes that hex digits stand for; spaces don't matter.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// A message whose `data` has the field `x` with this value.
fn with_x(value: &str) -> Vec<u8> {
    hex(&format!("a1 64 64617461 a1 61 78 {value}"))
}

fn read_x(value: &str) -> Result<Value, String> {
    let message = Message::from_cbor(&with_x(value)).map_err(|error| error.reason().to_owned())?;
    Ok(message.data["x"].clone())
}

fn full() -> Message {
    Message {
        id: Id([1; 16]),
        ref_id: Id([2; 16]),
        trace: "4bf92f35".into(),
        src_id: Id([3; 16]),
        meta: [("event.type".to_owned(), "card".to_owned())].into(),
        data: map! {
            "nothing" => (),
            "yes" => true,
            "small" => -1,
            "large" => u64::MAX,
            "float" => 1.5,
            "text" => "Grüße 🚀",
            "bytes" => vec![0_u8, 255],
            "list" => list![1, "two", list![]],
            "map" => map! { "a" => map! {} },
        },
        flags: u32::MAX,
        raw: Some(vec![1, 2]),
        path: Some(vec![Hop { gear: Id([4; 16]), port: Id([5; 16]), time: -1 }]),
        ts: i64::MIN,
    }
}

#[test]
fn a_message_comes_back_as_it_was_written() {
    for message in [Message::default(), full()] {
        assert_eq!(Message::from_cbor(&message.to_cbor().unwrap()), Ok(message));
    }
}

#[test]
fn an_empty_message_is_written_with_all_fields_in_their_order() {
    let nil = "50 00000000000000000000000000000000";
    let written = format!(
        "aa 62 6964 {nil} 66 7265665f6964 {nil} 65 7472616365 60 66 7372635f6964 {nil} 64 6d657461 a0 64 64617461 a0 \
         65 666c616773 00 63 726177 f6 64 70617468 f6 62 7473 00"
    );
    assert_eq!(Message::default().to_cbor(), Ok(hex(&written)));
}

#[test]
fn integers_are_written_in_their_shortest_form_and_floats_in_64_bits() {
    for (value, written) in [
        (Value::from(0), "00"),
        (23.into(), "17"),
        (24.into(), "1818"),
        (255.into(), "18ff"),
        (256.into(), "190100"),
        (65_535.into(), "19ffff"),
        (65_536.into(), "1a00010000"),
        (4_294_967_296_u64.into(), "1b0000000100000000"),
        (u64::MAX.into(), "1bffffffffffffffff"),
        ((-1).into(), "20"),
        ((-25).into(), "3818"),
        (i64::MIN.into(), "3b7fffffffffffffff"),
        (1.0.into(), "fb3ff0000000000000"),
        ((-0.0).into(), "fb8000000000000000"),
        (f64::INFINITY.into(), "f97c00"),
        (f64::NEG_INFINITY.into(), "f9fc00"),
    ] {
        let message = Message { data: map! { "x" => value.clone() }, ..Message::default() };
        let bytes = message.to_cbor().unwrap();
        let expected = hex(&format!("61 78 {written}"));
        assert!(bytes.windows(expected.len()).any(|window| window == expected), "{value:?}");
        assert_eq!(Message::from_cbor(&bytes), Ok(message));
    }
}

#[test]
fn a_float_that_is_not_a_number_is_written_as_go_does() {
    let message = Message { data: map! { "x" => f64::NAN }, ..Message::default() };
    assert!(message.to_cbor().unwrap().windows(5).any(|window| window == hex("61 78 f97e00")));
}

#[test]
fn every_width_and_the_indefinite_forms_are_read() {
    for (written, value) in [
        ("1b 0000000000000001", Value::from(1)),
        ("19 0001", 1.into()),
        ("3a 00000000", (-1).into()),
        ("f9 3e00", 1.5.into()),
        ("fa 3fc00000", 1.5.into()),
        ("5f 41 01 40 42 0203 ff", vec![1_u8, 2, 3].into()),
        ("7f 61 61 60 62 c3a4 ff", "aä".into()),
        ("9f 01 9f ff ff", list![1, list![]]),
        ("bf 61 61 bf ff ff", map! { "a" => map! {} }.into()),
        ("bf 7f 61 61 ff 01 ff", map! { "a" => 1 }.into()),
        ("98 01 f6", list![()]),
        ("7b 0000000000000001 61", "a".into()),
    ] {
        assert_eq!(read_x(written), Ok(value), "{written}");
    }
}

#[test]
fn what_is_malformed_or_forbidden_is_an_error_that_says_where() {
    for (written, reason) in [
        ("", "malformed CBOR: it ends too early"),
        ("19 01", "malformed CBOR: it ends too early"),
        ("f9 3e", "malformed CBOR: it ends too early"),
        ("62 61", "malformed CBOR: it ends too early"),
        ("9b ffffffffffffffff", "malformed CBOR: it ends too early"),
        ("5f 41 01", "malformed CBOR: it ends too early"),
        ("01 02", "malformed CBOR: 1 bytes follow the data item"),
        ("c0 61 61", "malformed CBOR at byte 9: a tag"),
        ("f7", "malformed CBOR at byte 9: a simple value"),
        ("f8 20", "malformed CBOR at byte 9: a simple value"),
        ("e0", "malformed CBOR at byte 9: a simple value"),
        ("3b ffffffffffffffff", "malformed CBOR at byte 9: an integer below -2**63"),
        ("a1 01 02", "malformed CBOR at byte 10: a key that is no text"),
        ("a2 61 61 01 61 61 02", "malformed CBOR at byte 16: the key a stands twice"),
        ("ff", "malformed CBOR at byte 9"),
        ("1c", "malformed CBOR at byte 9"),
        ("1f", "malformed CBOR at byte 9"),
        ("62 c328", "malformed CBOR"),
        ("7f 61 c3 61 a4 ff", "malformed CBOR"),
        ("5f 61 61 ff", "malformed CBOR"),
        ("7f 7f ff ff", "malformed CBOR"),
        ("5f 5f ff ff", "malformed CBOR"),
        ("bf 61 61 ff", "malformed CBOR"),
    ] {
        let found = read_x(written).unwrap_err();
        assert!(found.starts_with(reason), "{written}: {found}");
    }
}

#[test]
fn fields_of_the_wrong_type_are_named() {
    let x = "a1 64 64617461 07";
    for (written, reason) in [
        ("07", "message: expected map, found integer"),
        (x, "data: expected map, found integer"),
        ("a1 62 6964 41 00", "id: expected 16 bytes, found 1"),
        ("a1 62 6964 f6", "id: expected 16 bytes, found null"),
        ("a1 65 7472616365 01", "trace: expected text, found integer"),
        ("a1 64 6d657461 a1 61 61 01", "meta.a: expected text, found integer"),
        ("a1 65 666c616773 20", "flags: expected integer from 0 to 2**32 - 1, found integer"),
        ("a1 62 7473 1b ffffffffffffffff", "ts: expected integer of 64 bits with sign, found integer"),
        ("a1 63 726177 60", "raw: expected bytes or null, found text"),
        ("a1 64 70617468 81 01", "path: expected array of maps, found integer"),
        ("a1 64 70617468 81 a1 61 67 40", "path: g: expected 16 bytes, found 0"),
    ] {
        assert_eq!(Message::from_cbor(&hex(written)).unwrap_err().reason(), reason);
    }
}

#[test]
fn missing_fields_and_nulls_are_defaults_and_unknown_ones_are_ignored() {
    let written = "a5 64 6d657461 f6 64 64617461 f6 63 726177 f6 64 70617468 f6 67 756e6b6e6f776e 82 01 a0";
    assert_eq!(Message::from_cbor(&hex(written)), Ok(Message::default()));
    assert_eq!(Message::from_cbor(&hex("a0")), Ok(Message::default()));
}

#[test]
fn thirty_two_containers_may_be_inside_each_other_and_no_more() {
    for (lists, fits) in [(30, true), (31, false), (100_000, false)] {
        let written = format!("{}00", "81".repeat(lists));
        assert_eq!(read_x(&written).is_ok(), fits, "{lists}");
    }
    for (lists, fits) in [(30, true), (31, false)] {
        let deep = (0..lists).fold(Value::from(0), |inner, _| list![inner]);
        let message = Message { data: map! { "x" => deep }, ..Message::default() };
        assert_eq!(message.to_cbor().is_ok(), fits, "{lists}");
    }
}

#[test]
fn the_limits_of_the_bus_are_kept_in_both_directions() {
    let hops = |count| Message { path: Some(vec![Hop::default(); count]), ..Message::default() };
    assert!(hops(64).to_cbor().is_ok());
    assert_eq!(hops(65).to_cbor().unwrap_err().reason(), "path has 65 hops, more than 64");
    assert!(hops(64).add_hop(Hop::default()).is_err());
    let raw = |size| Message { raw: Some(vec![0; size]), meta: [("ab", "c".to_owned())].into(), ..Message::default() };
    assert!(raw(2 * 1024 * 1024 - 3).to_cbor().is_ok());
    assert!(raw(2 * 1024 * 1024 - 2).to_cbor().unwrap_err().reason().ends_with("more than 2097152"));
}

#[test]
fn no_bytes_make_it_panic_and_what_is_read_can_be_written_and_read_again() {
    let bytes = full().to_cbor().unwrap();
    for end in 0..bytes.len() {
        assert!(Message::from_cbor(&bytes[..end]).is_err(), "{end}");
    }
    for place in 0..bytes.len() {
        for byte in (0..=255).step_by(5) {
            let mut changed = bytes.clone();
            changed[place] = byte;
            let Ok(message) = Message::from_cbor(&changed) else { continue };
            let again = message.to_cbor().unwrap();
            assert_eq!(Message::from_cbor(&again).and_then(|message| message.to_cbor()), Ok(again));
        }
    }
}
