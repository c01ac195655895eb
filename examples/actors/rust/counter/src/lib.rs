//! A Reflow actor that counts. Its count is Reflow's state: it comes in with each message and goes out again.

mod config;

use std::collections::BTreeMap;

use actor::{read_config, ActorResult, Context, Message};
use config::Config;
use extism_pdk::{plugin_fn, Error, FnResult, Json};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
struct State {
    count: Option<i64>,
}

#[plugin_fn]
pub fn get_metadata() -> FnResult<&'static str> {
    Ok(include_str!("metadata.json"))
}

#[plugin_fn]
pub fn get_version() -> FnResult<Json<&'static str>> {
    Ok(Json(env!("CARGO_PKG_VERSION")))
}

#[plugin_fn]
pub fn validate_config(text: String) -> FnResult<Json<bool>> {
    let valid = serde_json::from_str(&text).is_ok_and(|fields| {
        let config: Result<Config, _> = read_config(fields);
        config.is_ok_and(|config| config.check().is_ok())
    });
    Ok(Json(valid))
}

#[plugin_fn]
pub fn process(Json(mut context): Json<Context<State>>) -> FnResult<Json<ActorResult<State>>> {
    let config: Config = context.take_config()?;
    config.check()?;
    let before = context.state.and_then(|state| state.count).unwrap_or(config.initial_value);
    let count = next(before, &config, &context.payload)?;
    Ok(Json(ActorResult {
        outputs: BTreeMap::from([("count", Message::Integer(count))]),
        state: Some(State { count: Some(count) }),
    }))
}

/// The count after the messages: `reset` comes first, then `add`, `increment` and `decrement`.
fn next(before: i64, config: &Config, payload: &BTreeMap<String, Message>) -> Result<i64, Error> {
    let mut reset = false;
    let mut changes = [None, None, None];
    for (port, message) in payload {
        match (port.as_str(), message) {
            ("reset", _) => reset = true,
            ("add", Message::Integer(number)) => changes[0] = Some(*number),
            ("add", _) => return Err(Error::msg("port add takes an Integer")),
            ("increment", _) => changes[1] = Some(config.step),
            ("decrement", _) => changes[2] = Some(-config.step),
            _ => return Err(Error::msg(format!("there is no port {port}"))),
        }
    }
    let start = if reset { config.initial_value } else { before };
    let sum = changes.into_iter().flatten().try_fold(start, i64::checked_add);
    sum.ok_or_else(|| Error::msg("the count does not fit into 64 bits"))
}
