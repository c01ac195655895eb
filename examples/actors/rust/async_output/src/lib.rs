//! A Reflow actor that sums readings and reports while it works: progress and alerts leave through the host before
//! `process` returns. Its totals over all messages are kept with the host's state functions.

mod config;

use std::collections::BTreeMap;

use actor::{get_state, send_output, set_state, ActorResult, Context, Message};
use config::Config;
use extism_pdk::{debug, info, plugin_fn, warn, Error, FnResult, Json};
use serde_json::{json, Map, Value};

#[plugin_fn]
pub fn get_metadata() -> FnResult<&'static str> {
    Ok(include_str!("metadata.json"))
}

#[plugin_fn]
pub fn process(Json(mut context): Json<Context<Value>>) -> FnResult<Json<ActorResult<Value>>> {
    let config: Config = context.take_config()?;
    config.check()?;
    let Some(Message::Array(readings)) = context.payload.get("in") else {
        return Err(Error::msg("port in takes an Array").into());
    };
    info!("{} readings in chunks of {}", readings.len(), config.chunk);
    let sum = sum_in_chunks(readings, &config)?;
    let summary = Map::from_iter([
        ("readings".to_owned(), readings.len().into()),
        ("sum".to_owned(), sum.into()),
        ("seen".to_owned(), raise("seen", readings.len() as i64)?.into()),
        ("total".to_owned(), raise("total", sum)?.into()),
    ]);
    Ok(Json(ActorResult { outputs: BTreeMap::from([("summary", Message::Object(summary))]), state: None }))
}

/// Sums the readings and reports after each chunk of them.
fn sum_in_chunks(readings: &[Value], config: &Config) -> Result<i64, Error> {
    let mut sum = 0;
    let mut done = 0;
    for chunk in readings.chunks(config.chunk) {
        for reading in chunk {
            done += 1;
            sum = plus(sum, examine(reading, done, config)?)?;
        }
        debug!("{done} of {}", readings.len());
        send_output(&json!({"progress": {"done": done, "of": readings.len(), "sum": sum}}))?;
    }
    Ok(sum)
}

/// The reading as a number; one above the limit is reported at once.
fn examine(reading: &Value, place: usize, config: &Config) -> Result<i64, Error> {
    let Some(number) = reading.as_i64() else {
        return Err(Error::msg(format!("reading {place} is not a whole number of 64 bits")));
    };
    if let Some(limit) = config.limit.filter(|limit| number > *limit) {
        warn!("reading {place} is above the limit");
        send_output(&json!({"alert": format!("reading {place} is {number}, above the limit of {limit}")}))?;
    }
    Ok(number)
}

/// Adds to a number that the host keeps, and returns the new one.
fn raise(key: &str, by: i64) -> Result<i64, Error> {
    let raised = plus(get_state(key)?.unwrap_or(0), by)?;
    set_state(key, &raised)?;
    Ok(raised)
}

fn plus(a: i64, b: i64) -> Result<i64, Error> {
    a.checked_add(b).ok_or_else(|| Error::msg("the sum does not fit into 64 bits"))
}
