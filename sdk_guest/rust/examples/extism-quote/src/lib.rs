//! A JSON service: quotes the price of a parcel. The price for a kilogram is in the plugin's config, and quotes are numbered
//! with a variable.

#![forbid(unsafe_code)]

use plugbay_guest::extism::{self, config, var};
use plugbay_guest::{Json, Result, bail};
use serde::{Deserialize, Serialize};

extism::export!(quote);

/// Cents for a kilogram, where the config does not say.
const PRICE: u32 = 90;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parcel {
    grams: u32,
    #[serde(default)]
    express: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct Quote {
    number: u32,
    cents: u64,
}

fn quote(Json(parcel): Json<Parcel>) -> Result<Json<Quote>> {
    if !(1..=31_500).contains(&parcel.grams) {
        bail!("a parcel weighs up to 31.5 kg, not {} g", parcel.grams);
    }
    let price = match config::get("cents_per_kg") {
        Some(text) => text.parse()?,
        None => PRICE,
    };
    let cents = u64::from(price) * u64::from(parcel.grams.div_ceil(1000)) * if parcel.express { 2 } else { 1 };
    let number = next_number();
    extism::info!("quote {number}: {cents} cents");
    Ok(Json(Quote { number, cents }))
}

/// Counts quotes; the variable is gone with the instance, or of a length that it should not have: then it starts anew.
fn next_number() -> u32 {
    let before = var::get("number").and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    let number = before.wrapping_add(1);
    var::set("number", &number.to_le_bytes());
    number
}

#[cfg(test)]
mod tests {
    use plugbay_guest::testing;

    use super::*;

    fn ask(grams: u32, express: bool) -> Result<Json<Quote>> {
        quote(Json(Parcel { grams, express }))
    }

    #[test]
    fn each_started_kilogram_costs_and_express_costs_double() {
        assert_eq!(ask(1_001, false), Ok(Json(Quote { number: 1, cents: 180 })));
        assert_eq!(ask(1_001, true), Ok(Json(Quote { number: 2, cents: 360 })));
    }

    #[test]
    fn the_config_sets_the_price() {
        testing::host(|host| host.config.insert("cents_per_kg".into(), "100".into()));
        assert_eq!(ask(1, false), Ok(Json(Quote { number: 1, cents: 100 })));
    }

    #[test]
    fn a_price_that_is_no_number_fails() {
        testing::host(|host| host.config.insert("cents_per_kg".into(), "cheap".into()));
        assert_eq!(ask(1, false).unwrap_err().reason(), "invalid digit found in string");
    }

    #[test]
    fn parcels_of_no_weight_or_too_much_are_refused() {
        for grams in [0, 31_501] {
            assert!(ask(grams, false).unwrap_err().reason().starts_with("a parcel weighs up to"));
        }
    }
}
