use alloc::borrow::Cow;
use alloc::collections::BTreeMap;

use plugbay_guest::extism::{self, config, http::Request, var};
use plugbay_guest::prelude::*;
use plugbay_guest::serde_json::Value;
use plugbay_guest::{Error, Json, Result, bail};
use serde::{Deserialize, Serialize};

/// More bytes than a host takes.
const MOST: usize = 64 * 1024 * 1024;

#[derive(Serialize)]
pub struct Contract {
    contract: &'static str,
    abi: &'static str,
    profile: &'static str,
    language: &'static str,
    sdk: &'static str,
    sdk_version: &'static str,
}

pub fn contract() -> Json<Contract> {
    Json(Contract {
        contract: "plugbay-conformance/1",
        abi: "extism",
        profile: "actor",
        language: "rust",
        sdk: "plugbay-guest",
        sdk_version: env!("CARGO_PKG_VERSION"),
    })
}

pub fn echo(input: &[u8]) -> &[u8] {
    input
}

pub fn empty() {}

pub fn reverse(input: &[u8]) -> Vec<u8> {
    input.iter().rev().copied().collect()
}

pub fn length(input: &[u8]) -> String {
    input.len().to_string()
}

#[derive(Deserialize)]
pub struct Repeat<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    times: usize,
}

pub fn repeat(Json(asked): Json<Repeat>) -> Result<String> {
    match asked.text.len().checked_mul(asked.times) {
        Some(size) if size <= MOST => Ok(asked.text.repeat(asked.times)),
        _ => bail!("the text can't be repeated {} times", asked.times),
    }
}

#[derive(Deserialize)]
pub struct Thing {
    name: String,
    count: i64,
    ratio: f64,
    flags: Vec<bool>,
    nested: Value,
}

#[derive(Serialize)]
pub struct Transformed {
    name: String,
    count: i64,
    ratio: f64,
    flags: Vec<bool>,
    nested: Value,
    big: i64,
}

pub fn transform(Json(thing): Json<Thing>) -> Result<Json<Transformed>> {
    Ok(Json(Transformed {
        name: thing.name + " ✓",
        count: thing.count.checked_add(1).ok_or_else(|| Error::new("count is as large as it can be"))?,
        ratio: thing.ratio * 2.0,
        flags: thing.flags.into_iter().rev().collect(),
        nested: thing.nested,
        big: 9_007_199_254_740_993,
    }))
}

pub fn fail(message: &str) -> Result<()> {
    bail!("{message}")
}

pub fn trap() {
    panic!("asked to trap")
}

#[derive(Deserialize)]
pub struct Line {
    level: String,
    text: String,
}

pub fn write_log(Json(line): Json<Line>) -> Result<&'static str> {
    extism::log!(crate::level(&line.level)?, "{}", line.text);
    Ok("ok")
}

#[derive(Serialize)]
pub struct Found<T> {
    value: Option<T>,
}

pub fn config_get(key: &str) -> Json<Found<String>> {
    Json(Found { value: config::get(key) })
}

pub fn var_get(key: &str) -> Json<Found<Vec<u8>>> {
    Json(Found { value: var::get(key) })
}

#[derive(Deserialize)]
pub struct Variable {
    key: String,
    value: Value,
}

pub fn var_set(Json(variable): Json<Variable>) -> Result<&'static str> {
    match variable.value {
        Value::Null => var::remove(&variable.key),
        value => var::set(&variable.key, &plugbay_guest::serde_json::from_value::<Vec<u8>>(value)?),
    }
    Ok("ok")
}

pub fn count() -> Result<String> {
    let before = match var::get("count") {
        None => 0,
        Some(bytes) => u64::from_le_bytes(bytes.as_slice().try_into()?),
    };
    let count = before.wrapping_add(1);
    var::set("count", &count.to_le_bytes());
    Ok(count.to_string())
}

#[derive(Deserialize)]
pub struct Asked {
    url: String,
    method: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

#[derive(Serialize)]
pub struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

pub fn http(Json(asked): Json<Asked>) -> Result<Json<Answered>> {
    let request = Request::new(asked.method, asked.url).body(asked.body.unwrap_or_default());
    let request = asked.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    let response = request.send()?;
    let body = response.text()?.to_owned();
    Ok(Json(Answered { status: response.status, headers: response.headers, body }))
}
