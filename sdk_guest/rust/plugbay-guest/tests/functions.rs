//! Functions of bytes, texts and JSON, as Extism plugins and byte functions have them.

use plugbay_guest::extism::{self, config, http::Request, var};
use plugbay_guest::packed::{random, time};
use plugbay_guest::testing::{self, Response};
use plugbay_guest::{Error, Json, Level, Result, bail};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Pair {
    a: i64,
    b: f64,
}

fn pair(Json(pair): Json<Pair>) -> Json<Pair> {
    Json(pair)
}

fn shout(text: &str) -> Result<String> {
    if text.is_empty() {
        bail!("nothing to shout");
    }
    Ok(text.to_uppercase())
}

/// What Extism sees of a call: the output, or the failure.
fn call(input: &[u8], function: impl Fn(&[u8]) -> i32) -> Result<Vec<u8>, String> {
    testing::host(|host| (host.output, host.failure) = (Vec::new(), None));
    let code = function(input);
    testing::host(|host| match host.failure.take() {
        Some(failure) => {
            assert_eq!(code, 1);
            Err(failure)
        }
        None => {
            assert_eq!(code, 0);
            Ok(host.output.clone())
        }
    })
}

#[test]
fn a_function_takes_and_gives_what_its_types_say() {
    assert_eq!(call(b"ab", |input| extism::run::run(shout, input)), Ok(b"AB".to_vec()));
    assert_eq!(call(b"ab", |input| extism::run::run(|bytes: &[u8]| bytes.len().to_string(), input)), Ok(b"2".to_vec()));
    assert_eq!(call(b"ab", |input| extism::run::run(|| "fixed", input)), Ok(b"fixed".to_vec()));
    assert_eq!(call(b"ab", |input| extism::run::run(|_: Vec<u8>| (), input)), Ok(b"".to_vec()));
    let json = br#"{"a":-9223372036854775808,"b":5e-324}"#;
    assert_eq!(call(json, |input| extism::run::run(pair, input)), Ok(json.to_vec()));
}

#[test]
fn input_that_does_not_fit_fails_with_a_reason() {
    assert_eq!(call(b"\xff", |input| extism::run::run(shout, input)), Err("the input is no text in UTF-8".into()));
    assert_eq!(call(b"", |input| extism::run::run(shout, input)), Err("nothing to shout".into()));
    let missing = call(b"{\"a\": 1}", |input| extism::run::run(pair, input)).unwrap_err();
    assert_eq!(missing, "the input is not as it must be: missing field `b` at line 1 column 8");
}

#[test]
fn an_error_of_any_type_fails_with_its_text() {
    fn parse(text: &str) -> Result<String, std::num::ParseIntError> {
        Ok(text.parse::<i32>()?.to_string())
    }
    assert_eq!(call(b"x", |input| extism::run::run(parse, input)), Err("invalid digit found in string".into()));
    assert_eq!(Error::new("b").context("a").reason(), "a: b");
}

#[test]
fn config_and_variables_are_the_hosts() {
    testing::host(|host| host.config.insert("k".into(), "v".into()));
    assert_eq!((config::get("k"), config::get("x")), (Some("v".into()), None));
    var::set("n", &[1, 2]);
    assert_eq!(var::get("n"), Some(vec![1, 2]));
    var::remove("n");
    assert_eq!(var::get("n"), None);
}

#[test]
fn requests_are_answered_or_refused() {
    assert!(Request::get("http://x/").send().is_err());
    testing::host(|host| host.responses.insert("http://x/".into(), Response { status: 201, ..Response::default() }));
    let response = Request::post("http://x/").header("a", "b").body("text").send().unwrap();
    assert_eq!((response.status, response.text()), (201, Ok("")));
    testing::host(|host| assert_eq!(host.requests[1].1, b"text"));
}

#[test]
fn each_level_is_logged() {
    extism::trace!("a");
    extism::debug!("b{}", 1);
    extism::info!("c");
    extism::warn!("d");
    extism::error!("e");
    extism::log!(Level::Info, "f");
    let lines = ["trace: a", "debug: b1", "info: c", "warn: d", "error: e", "info: f"];
    testing::host(|host| assert_eq!(host.lines(), lines));
}

#[test]
fn time_and_randomness_are_the_hosts() {
    testing::host(|host| host.time = 7);
    assert_eq!((time::now(), random::bytes(2)), (7, Ok(vec![0, 1])));
}
