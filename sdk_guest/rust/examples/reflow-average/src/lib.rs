//! A stateful actor: the mean of the last readings, and an alarm when a reading is far from it. How many readings count is
//! in its config; the readings are Reflow's state.

#![forbid(unsafe_code)]

use plugbay_guest::reflow::{self, Actor, Context, Message, Metadata, PortType, Reply};
use plugbay_guest::serde_json::json;
use plugbay_guest::{Result, bail};
use serde::{Deserialize, Serialize};

/// The actor.
struct Average;

#[derive(Deserialize)]
#[serde(default)]
struct Config {
    window: usize,
    tolerance: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { window: 10, tolerance: f64::INFINITY }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct State {
    readings: Vec<f64>,
}

impl Actor for Average {
    type Config = Config;

    fn metadata() -> Metadata {
        Metadata::new("Average", "The mean of the last readings", env!("CARGO_PKG_VERSION"))
            .inport("reset", PortType::Flow, "Forgets the readings; comes before a reading")
            .inport("reading", PortType::Float, "A reading")
            .outport("mean", PortType::Float, "The mean of the last readings")
            .outport("alarm", PortType::Object, "A reading that is far from the mean")
            .config_schema(json!({
                "type": "object",
                "properties": {
                    "window": {"type": "integer", "default": 10, "minimum": 1, "maximum": 1000},
                    "tolerance": {"type": "number", "exclusiveMinimum": 0},
                },
            }))
    }

    fn check(config: &Config) -> Result<()> {
        if !(1..=1000).contains(&config.window) || config.tolerance.is_nan() || config.tolerance <= 0.0 {
            bail!("window must be from 1 to 1000, and tolerance above 0");
        }
        Ok(())
    }

    fn process(mut context: Context, config: Config) -> Result<Reply> {
        let mut state: State = context.state()?;
        let mut reply = Reply::new();
        if context.take::<()>("reset")?.is_some() {
            state.readings.clear();
        }
        if let Some(reading) = context.take::<f64>("reading")? {
            if let Some(mean) = mean(&state.readings).filter(|mean| (reading - mean).abs() > config.tolerance) {
                reflow::warn!("{reading} is far from {mean}");
                let alarm = [("reading".to_owned(), json!(reading)), ("mean".to_owned(), json!(mean))];
                reply = reply.send("alarm", Message::Object(alarm.into_iter().collect()));
            }
            state.readings.push(reading);
            let extra = state.readings.len().saturating_sub(config.window);
            state.readings.drain(..extra);
        }
        if let Some(mean) = mean(&state.readings) {
            reply = reply.send("mean", Message::Float(mean));
        }
        reply.with_state(&state)
    }
}

/// The mean; `None` of nothing.
fn mean(readings: &[f64]) -> Option<f64> {
    let count = readings.len() as f64;
    (!readings.is_empty()).then(|| readings.iter().map(|reading| reading / count).sum())
}

reflow::export!(Average);

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds readings one after the other, as Reflow does, and gives the last reply.
    fn feed(readings: &[f64], config: impl Fn() -> Config) -> Reply {
        let mut last = Reply::new();
        for reading in readings {
            let mut context = Context::default();
            context.inputs.insert("reading".into(), Message::Float(*reading));
            context.state = last.state.clone().unwrap_or_default();
            last = Average::process(context, config()).unwrap();
        }
        last
    }

    #[test]
    fn the_mean_is_that_of_the_last_readings() {
        let reply = feed(&[100.0, 1.0, 2.0, 3.0], || Config { window: 3, ..Config::default() });
        assert_eq!(reply.outputs["mean"], Message::Float(2.0));
        assert_eq!(reply.state.unwrap()["readings"], json!([1.0, 2.0, 3.0]));
    }

    #[test]
    fn a_reading_far_from_the_mean_raises_an_alarm() {
        let config = || Config { tolerance: 5.0, ..Config::default() };
        assert!(!feed(&[10.0, 15.0], config).outputs.contains_key("alarm"));
        let Message::Object(alarm) = &feed(&[10.0, 16.0], config).outputs["alarm"] else {
            panic!("an alarm is an Object")
        };
        assert_eq!((&alarm["reading"], &alarm["mean"]), (&json!(16.0), &json!(10.0)));
    }

    #[test]
    fn a_reset_comes_before_the_reading() {
        let mut context = Context::default();
        context.state = feed(&[100.0], Config::default).state.unwrap();
        context.inputs.insert("reset".into(), Message::Flow);
        context.inputs.insert("reading".into(), Message::Float(2.0));
        let reply = Average::process(context, Config::default()).unwrap();
        assert_eq!(reply.outputs["mean"], Message::Float(2.0));
    }

    #[test]
    fn another_type_on_the_port_is_an_error_that_names_both() {
        let mut context = Context::default();
        context.inputs.insert("reading".into(), Message::String("warm".into()));
        let error = Average::process(context, Config::default()).unwrap_err();
        assert_eq!(error.reason(), "port reading: expected Float, found String");
    }
}
