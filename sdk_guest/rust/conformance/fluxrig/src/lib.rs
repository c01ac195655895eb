//! The operations that the conformance guests of both fluxrig profiles answer (`conformance/spec/v1/guests.md`).

#![no_std]
#![forbid(unsafe_code)]

mod fields;
mod values;

use plugbay_guest::fluxrig::{self, Map, Message, map};
use plugbay_guest::prelude::*;
use plugbay_guest::{Instance, Level, Result, bail};

pub use values::{numbers, types};

/// More bytes than a message can have.
const MOST: usize = 16 * 1024 * 1024;

/// How many times this instance has answered `count`.
static COUNT: Instance<u64> = Instance::new(|| 0);

/// The answer of an operation that both profiles have; `None` drops the message.
pub fn process(message: Message, profile: &str) -> Result<Option<Message>> {
    let operation: String = message.read("op")?;
    let answer = match operation.as_str() {
        "contract" => contract(profile),
        "echo" => return Ok(Some(message)),
        "fields" => return fields::change(message).map(Some),
        "lookup" => lookup(&message)?,
        "types" => types(),
        "numbers" => numbers(),
        "text" => text(message.read("text")?),
        "reply" => {
            let mut reply = message.reply();
            reply.set("op", "reply")?;
            return Ok(Some(reply));
        }
        "drop" => return Ok(None),
        "log" => log(message.read("level")?, message.read("text")?)?,
        "count" => map! { "count" => COUNT.with(next) },
        "big" => map! { "blob" => blob(message.read("size")?)? },
        "fail" => bail!("{}", message.read::<&str>("reason")?),
        "trap" => panic!("asked to trap"),
        _ => bail!("there is no operation {operation}"),
    };
    Ok(Some(answered(message, answer)))
}

/// The input with all of its fields, and a `data` of `op` and these.
pub fn answered(mut message: Message, mut answer: Map) -> Message {
    if let Some(operation) = message.data.remove("op") {
        answer.insert("op", operation);
    }
    message.data = answer;
    message
}

fn contract(profile: &str) -> Map {
    map! {
        "contract" => "plugbay-conformance/1",
        "abi" => "fluxrig",
        "profile" => profile,
        "language" => "rust",
        "sdk" => "plugbay-guest",
        "sdk_version" => env!("CARGO_PKG_VERSION"),
    }
}

fn lookup(message: &Message) -> Result<Map> {
    let value = message.lookup(message.read("path")?);
    Ok(map! { "found" => value.is_some(), "value" => value.cloned() })
}

fn text(text: &str) -> Map {
    map! { "bytes" => text.len(), "scalars" => text.chars().count(), "text" => format!("{text} ✓🚀") }
}

fn log(level: &str, text: &str) -> Result<Map> {
    let level = match level {
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => bail!("there is no level {level}"),
    };
    fluxrig::log!(level, "{text}");
    Ok(Map::new())
}

fn next(count: &mut u64) -> u64 {
    *count += 1;
    *count
}

fn blob(size: usize) -> Result<Vec<u8>> {
    if size > MOST {
        bail!("size: expected at most {MOST}, found {size}");
    }
    Ok((0..size).map(|index| (index % 251) as u8).collect())
}

#[cfg(test)]
mod tests {
    use plugbay_guest::fluxrig::Value;

    use super::*;

    fn ask(data: Map) -> Result<Option<Message>> {
        process(Message { data, ..Message::default() }, "core")
    }

    #[test]
    fn an_operation_that_does_not_exist_is_named() {
        assert_eq!(ask(map! { "op" => "dance" }).unwrap_err().reason(), "there is no operation dance");
    }

    #[test]
    fn a_value_of_null_is_found_and_a_missing_one_is_not() {
        let data = map! { "op" => "lookup", "path" => "a.b", "a" => map! { "b" => () } };
        let answer = ask(data).unwrap().unwrap();
        assert_eq!((answer.read("found"), answer.read("value")), (Ok(true), Ok(Value::Null)));
    }

    #[test]
    fn counting_goes_on() {
        let count = || ask(map! { "op" => "count" }).unwrap().unwrap().read("count");
        assert_eq!([count(), count()], [Ok(1), Ok(2)]);
    }
}
