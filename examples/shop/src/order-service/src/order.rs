//! Placing an order.

use serde::{Deserialize, Serialize};

use crate::price::{Basket, Price, price};

const LONGEST_NAME: usize = 200;

/// Fires a sensor, as part of a function's result.
#[derive(Serialize)]
pub struct Sensor<T> {
    pub name: &'static str,
    pub payload: T,
}

/// What the sensor `orderPlaced` says, too.
#[derive(Deserialize, Serialize)]
pub struct Order {
    pub order: String,
    pub customer: String,
    #[serde(flatten)]
    pub price: Price,
}

#[derive(Serialize)]
pub struct Placed {
    order: String,
    customer: String,
    status: &'static str,
    total: u64,
    currency: String,
    sensors: [Sensor<Order>; 1],
}

/// The order of a basket, or everything that is wrong with it.
pub fn create(basket: Basket) -> Result<Placed, String> {
    let customer = basket.customer.as_deref().unwrap_or("").trim().to_string();
    if customer.is_empty() || customer.len() > LONGEST_NAME {
        return Err(format!("customer has 1 to {LONGEST_NAME} bytes, not {}", customer.len()));
    }
    let price = price(&basket)?;
    let placed = Order { order: number(&customer, &price), customer, price };
    Ok(Placed {
        order: placed.order.clone(),
        customer: placed.customer.clone(),
        status: "placed",
        total: placed.price.total,
        currency: placed.price.currency.clone(),
        sensors: [Sensor { name: "orderPlaced", payload: placed }],
    })
}

/// A number for the order: the hash (FNV-1a) of who ordered what.
fn number(customer: &str, price: &Price) -> String {
    let items = price.lines.iter().map(|line| format!("{}x{}", line.sku, line.quantity));
    let text = items.fold(customer.to_string(), |text, item| text + "\n" + &item);
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("order_{hash:016x}")
}
