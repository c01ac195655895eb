//! An actor that counts, in steps that its config says. The count is its state.

#![forbid(unsafe_code)]

use plugbay_guest::reflow::{self, Actor, Context, Message, Metadata, PortType, Reply};
use plugbay_guest::serde_json::json;
use plugbay_guest::{Result, bail};
use serde::{Deserialize, Serialize};

struct Counter;

#[derive(Deserialize)]
struct Config {
    #[serde(default = "one")]
    step: i64,
}

fn one() -> i64 {
    1
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    count: i64,
}

impl Actor for Counter {
    type Config = Config;

    fn metadata() -> Metadata {
        Metadata::new("Counter", "Counts, in steps that its config says", env!("CARGO_PKG_VERSION"))
            .inport("tick", PortType::Flow, "Counts once")
            .inport("reset", PortType::Flow, "Starts anew; comes before a tick")
            .outport("count", PortType::Integer, "The new count")
            .config_schema(json!({
                "type": "object",
                "properties": {"step": {"type": "integer", "default": 1, "minimum": 1}},
            }))
    }

    fn check(config: &Config) -> Result<()> {
        if config.step < 1 {
            bail!("step must be 1 or more");
        }
        Ok(())
    }

    fn process(mut context: Context, config: Config) -> Result<Reply> {
        let mut state: State = context.state()?;
        if context.take::<()>("reset")?.is_some() {
            state.count = 0;
        }
        if context.take::<()>("tick")?.is_some() {
            state.count = state.count.saturating_add(config.step);
        }
        Reply::new().send("count", Message::Integer(state.count)).with_state(&state)
    }
}

reflow::export!(Counter);

#[cfg(test)]
mod tests {
    use super::*;

    /// What the actor answers to a message on a port, when it has counted so far.
    fn send(port: &str, count: i64, step: i64) -> Reply {
        let mut context = Context::default();
        context.inputs.insert(port.into(), Message::Flow);
        context.state.insert("count".into(), json!(count));
        Counter::process(context, Config { step }).unwrap()
    }

    #[test]
    fn a_tick_counts_a_step() {
        let reply = send("tick", 10, 5);
        assert_eq!(reply.outputs["count"], Message::Integer(15));
        assert_eq!(reply.state.unwrap()["count"], json!(15));
    }

    #[test]
    fn a_reset_starts_anew() {
        assert_eq!(send("reset", 10, 5).outputs["count"], Message::Integer(0));
    }

    #[test]
    fn the_first_tick_counts_from_nothing() {
        let mut context = Context::default();
        context.inputs.insert("tick".into(), Message::Flow);
        let reply = Counter::process(context, Config { step: one() }).unwrap();
        assert_eq!(reply.outputs["count"], Message::Integer(1));
    }

    #[test]
    fn a_count_that_does_not_fit_stays_where_it_is() {
        assert_eq!(send("tick", i64::MAX - 1, 5).outputs["count"], Message::Integer(i64::MAX));
    }

    #[test]
    fn a_step_that_leads_nowhere_is_refused() {
        assert_eq!(Counter::check(&Config { step: 0 }).unwrap_err().reason(), "step must be 1 or more");
    }
}
