//! What follows an order: the functions of the intents. Each gets what its sensor says.

use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::order::{Order, Sensor};
use crate::price::Cents;

#[derive(Serialize)]
pub struct Confirmation {
    to: String,
    subject: String,
    text: String,
}

/// The message that the customer gets.
pub fn confirm(Order { order, customer, price }: Order) -> Confirmation {
    let lines: String = price
        .lines
        .iter()
        .map(|line| format!("{:>3} x {}: {}\n", line.quantity, line.name, Cents(line.total)))
        .collect();
    let text = format!("Thank you for your order.\n\n{lines}\nIn all, with shipping: {}\n", Cents(price.total));
    Confirmation { to: customer, subject: format!("Your order {order}"), text }
}

#[derive(Serialize)]
struct Reservation {
    sku: &'static str,
    reserved: u64,
    left: u64,
}

#[derive(Deserialize, Serialize)]
pub struct LowStock {
    sku: String,
    left: u64,
}

#[derive(Serialize)]
pub struct Reserved {
    order: String,
    reservations: Vec<Reservation>,
    sensors: Vec<Sensor<LowStock>>,
}

/// Takes what was ordered from this morning's shelf. `stockLow` fires for each product that gets scarce by it.
pub fn reserve(Order { order, price, .. }: Order) -> Result<Reserved, String> {
    let mut reserved = Reserved { order, reservations: Vec::new(), sensors: Vec::new() };
    for line in price.lines {
        let product = catalogue::find(&line.sku)?;
        let left = product.stock.checked_sub(line.quantity).ok_or_else(|| {
            format!("{} of {} were ordered and {} are there", line.quantity, product.sku, product.stock)
        })?;
        reserved.reservations.push(Reservation { sku: product.sku, reserved: line.quantity, left });
        if left < product.reorder_below {
            reserved.sensors.push(Sensor { name: "stockLow", payload: LowStock { sku: line.sku, left } });
        }
    }
    Ok(reserved)
}

#[derive(Serialize)]
pub struct PurchaseOrder {
    supplier: &'static str,
    sku: &'static str,
    quantity: u64,
}

/// Orders as many as fill the shelf again.
pub fn reorder(LowStock { sku, left }: LowStock) -> Result<PurchaseOrder, String> {
    let product = catalogue::find(&sku)?;
    let quantity = product.stock.saturating_sub(left);
    Ok(PurchaseOrder { supplier: product.supplier, sku: product.sku, quantity })
}
