//! The conformance guest of fluxrig's extended profile.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use conformance_fluxrig::answered;
use plugbay_guest::fluxrig::extended::{self, emit, http, random, state, time};
use plugbay_guest::fluxrig::{Map, Message, map};
use plugbay_guest::prelude::*;
use plugbay_guest::{Error, Result, bail};

extended::export!(#![no_std] process);

fn process(message: Message) -> Result<Vec<Message>> {
    let answer = match message.read("op")? {
        "fan_out" => return Ok((0..count(&message)?).map(|index| indexed(&message, index)).collect()),
        "emit" => {
            let count = count(&message)?;
            let answer = message.read("answer")?;
            (0..count).try_for_each(|index| emit(&indexed(&message, index)))?;
            return Ok(if answer { vec![indexed(&message, count)] } else { Vec::new() });
        }
        "emit_fail" => {
            emit(&answered(message.clone(), Map::new()))?;
            bail!("{}", message.read::<&str>("reason")?)
        }
        "state_get" => map! { "value" => state::get(message.read("key")?) },
        "state_put" => map! { "stored" => state::put(message.read("key")?, message.read("value")?).is_ok() },
        "state_count" => map! { "count" => count_up(message.read("key")?)? },
        "http" => request(message.read("url")?, message.read("body")?),
        "time" => map! { "time" => time::now()? },
        "random" => map! { "bytes" => random::bytes(message.read("size")?)? },
        _ => return Ok(conformance_fluxrig::process(message, "extended")?.into_iter().collect()),
    };
    Ok(vec![answered(message, answer)])
}

fn count(message: &Message) -> Result<u32> {
    message.read("count")
}

fn indexed(message: &Message, index: u32) -> Message {
    answered(message.clone(), map! { "index" => index })
}

/// Counts in the host's state, where the number is decimal text.
fn count_up(key: &str) -> Result<i64> {
    let before = match state::get(key) {
        None => 0,
        Some(text) => core::str::from_utf8(&text)?.parse::<i64>()?,
    };
    let count = before.checked_add(1).ok_or_else(|| Error::new("the count does not fit into 64 bits"))?;
    state::put(key, count.to_string().as_bytes())?;
    Ok(count)
}

fn request(url: &str, body: &[u8]) -> Map {
    let Ok(response) = http::request(url, body) else { return map! { "refused" => true } };
    let headers: Map = response.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    map! { "refused" => false, "status" => response.status, "headers" => headers, "body" => response.body }
}
