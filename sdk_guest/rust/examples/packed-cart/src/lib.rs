//! A JSON service: prices a cart.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::prelude::*;
use plugbay_guest::{Error, Json, Result, bail, packed};
use serde::{Deserialize, Serialize};

packed::export!(#![no_std] price_cart);

#[derive(Deserialize)]
struct Cart {
    lines: Vec<Line>,
    voucher: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    article: String,
    count: u32,
}

#[derive(Debug, PartialEq, Serialize)]
struct Priced {
    /// Cents.
    total: u64,
    /// Cents.
    discount: u64,
}

fn price_cart(Json(cart): Json<Cart>) -> Result<Json<Priced>> {
    let mut total = 0_u64;
    for line in &cart.lines {
        total += price(&line.article)? * u64::from(line.count);
    }
    let discount = match cart.voucher.as_deref() {
        None => 0,
        Some("TEN") => total / 10,
        Some(other) => bail!("there is no voucher {other}"),
    };
    Ok(Json(Priced { total: total - discount, discount }))
}

/// The price of an article in cents.
fn price(article: &str) -> Result<u64> {
    match article {
        "bolt" => Ok(25),
        "nut" => Ok(10),
        "washer" => Ok(5),
        _ => Err(Error::new(format!("there is no article {article}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(article: &str, voucher: Option<&str>) -> Result<Priced> {
        let lines = vec![Line { article: article.into(), count: 4 }, Line { article: "nut".into(), count: u32::MAX }];
        price_cart(Json(Cart { lines, voucher: voucher.map(Into::into) })).map(|priced| priced.0)
    }

    #[test]
    fn prices_add_up() {
        assert_eq!(ask("bolt", None), Ok(Priced { total: 42_949_673_050, discount: 0 }));
        assert_eq!(ask("bolt", Some("TEN")), Ok(Priced { total: 38_654_705_745, discount: 4_294_967_305 }));
    }

    #[test]
    fn what_does_not_exist_is_named() {
        assert_eq!(ask("screw", None).unwrap_err().reason(), "there is no article screw");
        assert_eq!(ask("bolt", Some("FREE")).unwrap_err().reason(), "there is no voucher FREE");
    }
}
