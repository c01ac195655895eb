use extism_pdk::Error;
use serde::Deserialize;

/// The largest initial value, and its negative the smallest; `metadata.json` says the same.
const MOST: i64 = 1_000_000;
/// The largest step; the smallest is 1.
const MOST_STEP: i64 = 1_000;

/// The settings of a counter.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub initial_value: i64,
    pub step: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self { initial_value: 0, step: 1 }
    }
}

impl Config {
    /// Refuses settings out of range.
    pub fn check(&self) -> Result<(), Error> {
        if !(-MOST..=MOST).contains(&self.initial_value) {
            return Err(Error::msg("initial_value must be from -1000000 to 1000000"));
        }
        if !(1..=MOST_STEP).contains(&self.step) {
            return Err(Error::msg("step must be from 1 to 1000"));
        }
        Ok(())
    }
}
