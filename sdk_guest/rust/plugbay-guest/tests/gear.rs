//! What gears answer to bytes, in both profiles.

use plugbay_guest::fluxrig::extended::{self, http, random, state, time};
use plugbay_guest::fluxrig::{self, Message, Value, list, map};
use plugbay_guest::testing::{self, Response};
use plugbay_guest::{Level, Result, bail};

fn input() -> Vec<u8> {
    Message::default().to_cbor().unwrap()
}

#[test]
fn a_core_gear_answers_with_a_message_or_drops_it() {
    let answer = fluxrig::run::answer(|message: Message| message, &input());
    assert_eq!(answer, Ok(Some(input())));
    assert_eq!(fluxrig::run::answer(|_| None::<Message>, &input()), Ok(None));
    assert_eq!(
        fluxrig::run::answer(|message| Ok::<_, plugbay_guest::Error>(Some(message)), &input()),
        Ok(Some(input()))
    );
}

#[test]
fn a_core_gear_logs_an_error_and_drops_the_message() {
    let fail = |_| -> Result<Message> { bail!("no way") };
    assert_eq!(fluxrig::run::run(fail, &input()), 0);
    assert_eq!(fluxrig::run::run(fail, b"\xff"), 0);
    testing::host(|host| assert_eq!(host.lines(), ["error: no way", "error: malformed CBOR at byte 0"]));
}

#[test]
fn an_extended_gear_rejects_with_the_error() {
    let fail = |_| -> Result<Message> { bail!("no way") };
    assert_eq!(extended::run::run(fail, &input()), 0);
    testing::host(|host| assert_eq!((host.rejected.take(), host.logs.len()), (Some("no way".into()), 0)));
    extended::run::run(fail, b"");
    testing::host(|host| assert_eq!(host.rejected.as_deref(), Some("malformed CBOR: it ends too early")));
}

#[test]
fn an_extended_gear_answers_with_any_number_of_messages() {
    let one = input();
    let many = |count: usize| extended::run::answer(move |message: Message| vec![message; count], &input()).unwrap();
    assert_eq!((many(0), many(1)), (vec![], one.clone()));
    assert_eq!(many(2), [&[0x82][..], &one, &one].concat());
    assert_eq!(extended::run::answer(|message: Message| [message.clone(), message], &input()), Ok(many(2)));
    assert_eq!(extended::run::answer(|_| (), &input()), Ok(vec![]));
    assert_eq!(extended::run::answer(|_| None::<Message>, &input()), Ok(vec![]));
}

#[test]
fn a_fan_out_does_not_count_as_a_level_of_its_messages() {
    let deep = (0..30).fold(Value::from(0), |inner, _| list![inner]);
    let message = Message { data: map! { "x" => deep }, ..Message::default() };
    assert!(extended::run::answer(|_| vec![message.clone(), message.clone()], &input()).is_ok());
}

#[test]
fn state_is_bytes_by_key() {
    assert_eq!(state::get("k"), None);
    state::put("k", b"").unwrap();
    assert_eq!(state::get("k"), Some(vec![]));
    testing::host(|host| host.refuses_state = true);
    assert_eq!(state::put("k", b"v").unwrap_err().reason(), "the host refused to store k");
    assert_eq!(state::get("k"), None);
}

#[test]
fn a_response_has_status_headers_and_body() {
    let url = "http://example.com/";
    assert_eq!(http::request(url, b"").unwrap_err().reason(), "the host refused the request to http://example.com/");
    let headers = [("a".to_owned(), "b".to_owned())].into();
    testing::host(|host| host.responses.insert(url.into(), Response { status: 404, headers, body: b"no".into() }));
    let response = http::request(url, b"asked").unwrap();
    assert_eq!((response.status, response.headers["a"].as_str(), &response.body[..]), (404, "b", &b"no"[..]));
    testing::host(|host| assert_eq!(host.requests[1], (url.into(), b"asked".into())));
}

#[test]
fn time_and_randomness_are_the_hosts() {
    testing::host(|host| host.time = 7);
    assert_eq!((time::now(), random::bytes(3)), (Ok(7), Ok(vec![0, 1, 2])));
    assert_eq!(random::bytes(usize::MAX).unwrap_err().reason(), "no memory is left for random bytes");
}

#[test]
fn each_level_is_logged() {
    fluxrig::debug!("a");
    fluxrig::info!("b{}", 1);
    fluxrig::warn!("c");
    fluxrig::error!("d");
    fluxrig::log!(Level::Trace, "e");
    testing::host(|host| assert_eq!(host.lines(), ["debug: a", "info: b1", "warn: c", "error: d", "debug: e"]));
}

#[test]
fn paths_lead_through_maps_alone() {
    let mut message = Message::default();
    message.set("a.b.c", 1).unwrap();
    message.set("list", list![1]).unwrap();
    assert_eq!(message.read::<i64>("a.b.c"), Ok(1));
    assert_eq!(message.lookup("a.b.c.d"), None);
    assert_eq!(message.lookup("a.x"), None);
    assert_eq!(message.lookup(""), None);
    let error = message.set("list.x", 1).unwrap_err();
    assert_eq!(error.reason(), "list is in the way: expected map or nothing, found array");
    assert_eq!(message.read::<&str>("a.b").unwrap_err().reason(), "a.b: expected text, found map");
    assert_eq!(message.read::<bool>("a.z").unwrap_err().reason(), "a.z is missing: expected boolean");
    assert_eq!(message.read::<Option<bool>>("a.z"), Ok(None));
}

#[test]
fn integers_are_read_within_their_type() {
    let message = Message { data: map! { "n" => 300, "m" => -1, "u" => u64::MAX, "f" => 1.0 }, ..Message::default() };
    assert_eq!((message.read("n"), message.read("m"), message.read("u")), (Ok(300_i16), Ok(-1_i8), Ok(u64::MAX)));
    assert!(message.read::<u8>("n").is_err() && message.read::<u64>("m").is_err() && message.read::<i64>("u").is_err());
    assert!(message.read::<i64>("f").is_err() && message.read::<f64>("n").is_err());
    assert_eq!(message.lookup("n").and_then(Value::as_number), Some(300.0));
    assert_eq!(message.lookup("f").and_then(Value::as_number), Some(1.0));
}

#[test]
fn a_reply_refers_to_its_message() {
    let message = Message { id: fluxrig::Id([7; 16]), trace: "t".into(), ts: 5, flags: 1, ..Message::default() };
    let reply = message.reply();
    assert_eq!(reply, Message { ref_id: message.id, trace: "t".into(), ..Message::default() });
}
