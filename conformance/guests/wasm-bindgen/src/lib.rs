//! The conformance guest for wasm-bindgen (spec/v1/guests.md, "PrioStack"): each operation is a function of bytes, and one
//! that fails throws a text.

mod host;

use std::str::from_utf8;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use wasm_bindgen::prelude::*;

const CONTRACT: &str = r#"{"contract":"plugbay-conformance/1","abi":"priostack","profile":"wasm-bindgen","language":"rust","sdk":"wasm-bindgen","sdk_version":"0.2.129"}"#;
const BIG: i64 = 9_007_199_254_740_993;

static COUNT: AtomicU64 = AtomicU64::new(0);

#[wasm_bindgen]
pub fn contract(_input: &[u8]) -> Vec<u8> {
    CONTRACT.into()
}

#[wasm_bindgen]
pub fn echo(input: &[u8]) -> Vec<u8> {
    input.to_vec()
}

#[wasm_bindgen]
pub fn empty(_input: &[u8]) -> Vec<u8> {
    Vec::new()
}

#[wasm_bindgen]
pub fn reverse(input: &[u8]) -> Vec<u8> {
    input.iter().rev().copied().collect()
}

#[wasm_bindgen]
pub fn length(input: &[u8]) -> Vec<u8> {
    decimal(input.len() as u64)
}

#[derive(Deserialize)]
struct Repeat {
    text: String,
    times: usize,
}

#[wasm_bindgen]
pub fn repeat(input: &[u8]) -> Vec<u8> {
    let Repeat { text, times } = read(input);
    let mut output = room(text.len().checked_mul(times));
    for _ in 0..times {
        output.extend_from_slice(text.as_bytes());
    }
    output
}

#[derive(Deserialize)]
struct Transform {
    name: String,
    count: i64,
    ratio: f64,
    flags: Vec<bool>,
    nested: Value,
}

#[derive(Serialize)]
struct Transformed {
    name: String,
    count: i64,
    ratio: f64,
    flags: Vec<bool>,
    nested: Value,
    big: i64,
}

#[wasm_bindgen]
pub fn transform(input: &[u8]) -> Vec<u8> {
    let Transform { name, count, ratio, mut flags, nested } = read(input);
    let Some(count) = count.checked_add(1) else { fail_with("count is too large") };
    flags.reverse();
    write(&Transformed { name: name + " ✓", count, ratio: ratio * 2.0, flags, nested, big: BIG })
}

#[wasm_bindgen]
pub fn fail(input: &[u8]) -> Vec<u8> {
    fail_with(text(input))
}

#[derive(Serialize)]
struct Failure<'a> {
    error: &'a str,
}

#[wasm_bindgen]
pub fn fail_object(input: &[u8]) -> Vec<u8> {
    write(&Failure { error: text(input) })
}

#[wasm_bindgen]
pub fn trap(_input: &[u8]) -> Vec<u8> {
    panic!("an invariant is broken")
}

#[derive(Deserialize)]
struct Line {
    level: String,
    text: String,
}

#[wasm_bindgen]
pub fn write_log(input: &[u8]) -> Vec<u8> {
    let Line { level, text } = read(input);
    let Some(level) = ["debug", "info", "warn", "error"].iter().position(|name| *name == level) else {
        fail_with("there is no such level")
    };
    host::log(level as u32 + 1, &text);
    b"ok".into()
}

#[wasm_bindgen]
pub fn current_time(_input: &[u8]) -> Vec<u8> {
    decimal(host::now())
}

#[wasm_bindgen]
pub fn random_bytes(input: &[u8]) -> Vec<u8> {
    let Ok(size) = text(input).parse() else { fail_with("the input is no number") };
    let mut bytes = room(Some(size));
    bytes.resize(size, 0);
    host::random(&mut bytes);
    bytes
}

#[wasm_bindgen]
pub fn count(_input: &[u8]) -> Vec<u8> {
    decimal(COUNT.fetch_add(1, Ordering::Relaxed) + 1)
}

fn read<T: DeserializeOwned>(input: &[u8]) -> T {
    serde_json::from_slice(input).unwrap_or_else(|error| fail_with(&error.to_string()))
}

fn write(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|error| fail_with(&error.to_string()))
}

fn text(input: &[u8]) -> &str {
    from_utf8(input).unwrap_or_else(|error| fail_with(&error.to_string()))
}

fn decimal(value: u64) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// A vector with room for so many bytes, or a failure where there is none.
fn room(size: Option<usize>) -> Vec<u8> {
    let mut bytes = Vec::new();
    match size.map(|size| bytes.try_reserve_exact(size)) {
        Some(Ok(())) => bytes,
        _ => fail_with("there is no memory for so many bytes"),
    }
}

fn fail_with(message: &str) -> ! {
    wasm_bindgen::throw_str(message)
}
