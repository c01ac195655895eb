//! What things cost: lines, coupons and shipping, in cents.

use serde::{Deserialize, Serialize};

use crate::catalogue::{self, CURRENCY};

const MOST_LINES: usize = 50;
const MOST_OF_ONE: u64 = 99;
const SHIPPING: u64 = 490;
const FREE_SHIPPING_FROM: u64 = 5000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    pub customer: Option<String>,
    pub items: Vec<Item>,
    pub coupon: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub sku: String,
    pub quantity: u64,
}

#[derive(Deserialize, Serialize)]
pub struct Line {
    pub sku: String,
    pub name: String,
    pub quantity: u64,
    pub price: u64,
    pub total: u64,
}

#[derive(Deserialize, Serialize)]
pub struct Price {
    pub currency: String,
    pub lines: Vec<Line>,
    pub subtotal: u64,
    pub discount: u64,
    pub shipping: u64,
    pub total: u64,
}

/// A product and how many of it, as `getQuote` gets them: texts of the path and of the query.
#[derive(Deserialize)]
pub struct Quote {
    sku: String,
    quantity: Option<String>,
    coupon: Option<String>,
}

/// The price of one product.
pub fn quote(Quote { sku, quantity, coupon }: Quote) -> Result<Price, String> {
    let quantity = quantity.as_deref().unwrap_or("1");
    let quantity = quantity.parse().map_err(|_| format!("quantity is {quantity:?}, not a whole number"))?;
    Price::of(vec![Line::of(&sku, quantity)?], coupon.as_deref())
}

/// The price of a basket, or everything that is wrong with its items.
pub fn price(basket: &Basket) -> Result<Price, String> {
    let items = &basket.items;
    if items.is_empty() || items.len() > MOST_LINES {
        return Err(format!("an order has 1 to {MOST_LINES} items, this one has {}", items.len()));
    }
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for (index, Item { sku, quantity }) in items.iter().enumerate() {
        match Line::of(sku, *quantity) {
            Ok(_) if items[..index].iter().any(|item| item.sku == *sku) => {
                problems.push(format!("items[{index}]: {sku} comes twice; raise the quantity instead"));
            }
            Ok(line) => lines.push(line),
            Err(problem) => problems.push(format!("items[{index}]: {problem}")),
        }
    }
    if problems.is_empty() { Price::of(lines, basket.coupon.as_deref()) } else { Err(problems.join("; ")) }
}

impl Price {
    fn of(lines: Vec<Line>, coupon: Option<&str>) -> Result<Price, String> {
        let subtotal = lines.iter().map(|line| line.total).sum();
        let coupon = coupon.filter(|code| !code.is_empty()).map(Coupon::find).transpose()?;
        let discount = coupon.as_ref().map_or(Ok(0), |coupon| coupon.discount(subtotal))?;
        let free = subtotal - discount >= FREE_SHIPPING_FROM || matches!(coupon, Some(Coupon::FreeShipping));
        let shipping = if free { 0 } else { SHIPPING };
        let total = subtotal - discount + shipping;
        Ok(Price { currency: CURRENCY.into(), lines, subtotal, discount, shipping, total })
    }
}

impl Line {
    fn of(sku: &str, quantity: u64) -> Result<Line, String> {
        let product = catalogue::find(sku)?;
        if !(1..=MOST_OF_ONE).contains(&quantity) {
            return Err(format!("quantity is {quantity}, it may be 1 to {MOST_OF_ONE}"));
        }
        let (sku, name) = (product.sku.into(), product.name.into());
        Ok(Line { sku, name, quantity, price: product.price, total: product.price * quantity })
    }
}

enum Coupon {
    /// A share of the subtotal, in percent.
    Percent(u64),
    /// Cents off, from a subtotal on.
    Off {
        cents: u64,
        from: u64,
    },
    FreeShipping,
}

impl Coupon {
    fn find(code: &str) -> Result<Coupon, String> {
        match code.to_ascii_uppercase().as_str() {
            "SPRING10" => Ok(Coupon::Percent(10)),
            "TEATIME" => Ok(Coupon::Off { cents: 500, from: 3000 }),
            "FREESHIP" => Ok(Coupon::FreeShipping),
            _ => Err(format!("there is no coupon {code:?}")),
        }
    }

    /// Cents off a subtotal; half a cent is the customer's.
    fn discount(&self, subtotal: u64) -> Result<u64, String> {
        match *self {
            Coupon::Percent(percent) => Ok((subtotal * percent + 50) / 100),
            Coupon::Off { cents, from } if subtotal >= from => Ok(cents),
            Coupon::Off { from, .. } => Err(format!("the coupon is for orders of {} and more", Cents(from))),
            Coupon::FreeShipping => Ok(0),
        }
    }
}

/// Money as people read it: `12.50 EUR`.
pub struct Cents(pub u64);

impl std::fmt::Display for Cents {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:02} {CURRENCY}", self.0 / 100, self.0 % 100)
    }
}
