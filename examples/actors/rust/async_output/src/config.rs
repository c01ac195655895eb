use extism_pdk::Error;
use serde::Deserialize;

/// The largest chunk; the smallest is 1. `metadata.json` says the same.
const MOST_CHUNK: usize = 1_000;

/// The settings of the actor: readings per report, and the limit above which a reading is an alert.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub chunk: usize,
    pub limit: Option<i64>,
}

impl Default for Config {
    fn default() -> Self {
        Self { chunk: 10, limit: None }
    }
}

impl Config {
    /// Refuses settings out of range.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=MOST_CHUNK).contains(&self.chunk) {
            return Err(Error::msg("chunk must be from 1 to 1000"));
        }
        Ok(())
    }
}
