//! An Extism plugin that asks its host twice on every call: `count` reads the config value `step`, 1 without one, adds it
//! to the var `count`, and returns the new count as text.

use extism_pdk::{config, plugin_fn, var, Error, FnResult};

#[plugin_fn]
pub fn count() -> FnResult<String> {
    let step: u64 = config::get("step")?.map_or(Ok(1), |text| text.parse())?;
    let before: u64 = var::get::<String>("count")?.map_or(Ok(0), |text| text.parse())?;
    let count = before.checked_add(step).ok_or_else(|| Error::msg("the count does not fit into 64 bits"))?.to_string();
    var::set("count", &count)?;
    Ok(count)
}
