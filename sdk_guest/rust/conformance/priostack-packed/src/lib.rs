//! The conformance guest of byte functions in the convention `packed`. It uses Rust's standard library; the other conformance
//! guests do without.

#![forbid(unsafe_code)]

use std::borrow::Cow;

use plugbay_guest::packed::{self, random, time};
use plugbay_guest::serde_json::Value;
use plugbay_guest::{Error, Instance, Json, Level, Result, bail};
use serde::{Deserialize, Serialize};

packed::export!(
    contract,
    echo,
    empty,
    reverse,
    length,
    repeat,
    transform,
    fail,
    fail_object,
    trap,
    write_log,
    current_time,
    random_bytes,
    count
);

/// More bytes than a host takes.
const MOST: usize = 64 * 1024 * 1024;

/// How many times this instance has answered `count`.
static COUNT: Instance<u64> = Instance::new(|| 0);

#[derive(Serialize)]
struct Contract {
    contract: &'static str,
    abi: &'static str,
    profile: &'static str,
    language: &'static str,
    sdk: &'static str,
    sdk_version: &'static str,
}

fn contract() -> Json<Contract> {
    Json(Contract {
        contract: "plugbay-conformance/1",
        abi: "priostack",
        profile: "packed",
        language: "rust",
        sdk: "plugbay-guest",
        sdk_version: env!("CARGO_PKG_VERSION"),
    })
}

fn echo(input: &[u8]) -> &[u8] {
    input
}

fn empty() {}

fn reverse(input: &[u8]) -> Vec<u8> {
    input.iter().rev().copied().collect()
}

fn length(input: &[u8]) -> String {
    input.len().to_string()
}

#[derive(Deserialize)]
struct Repeat<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    times: usize,
}

fn repeat(Json(asked): Json<Repeat>) -> Result<String> {
    match asked.text.len().checked_mul(asked.times) {
        Some(size) if size <= MOST => Ok(asked.text.repeat(asked.times)),
        _ => bail!("the text can't be repeated {} times", asked.times),
    }
}

#[derive(Deserialize)]
struct Thing {
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

fn transform(Json(thing): Json<Thing>) -> Result<Json<Transformed>> {
    Ok(Json(Transformed {
        name: thing.name + " ✓",
        count: thing.count.checked_add(1).ok_or_else(|| Error::new("count is as large as it can be"))?,
        ratio: thing.ratio * 2.0,
        flags: thing.flags.into_iter().rev().collect(),
        nested: thing.nested,
        big: 9_007_199_254_740_993,
    }))
}

fn fail(message: &str) -> Result<()> {
    bail!("{message}")
}

#[derive(Serialize)]
struct Failure<'a> {
    error: &'a str,
}

fn fail_object(message: &str) -> Json<Failure<'_>> {
    Json(Failure { error: message })
}

fn trap() {
    panic!("asked to trap")
}

#[derive(Deserialize)]
struct Line {
    level: String,
    text: String,
}

fn write_log(Json(line): Json<Line>) -> Result<&'static str> {
    let level = match line.level.as_str() {
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        other => bail!("there is no level {other}"),
    };
    packed::log!(level, "{}", line.text);
    Ok("ok")
}

fn current_time() -> String {
    time::now().to_string()
}

fn random_bytes(size: &str) -> Result<Vec<u8>> {
    match size.trim().parse() {
        Ok(size) if size <= MOST => random::bytes(size),
        _ => bail!("expected a number of bytes, found {size:?}"),
    }
}

fn count() -> String {
    COUNT.with(|count| {
        *count += 1;
        count.to_string()
    })
}
