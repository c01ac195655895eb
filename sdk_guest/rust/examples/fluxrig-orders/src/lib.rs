//! A JSON service behind a gear that speaks HTTP: the order comes as JSON in `raw`, the bill leaves as JSON in `raw`. It uses
//! Rust's standard library, which costs some size.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use plugbay_guest::fluxrig::{self, Message};
use plugbay_guest::{Result, bail, serde_json};
use serde::{Deserialize, Serialize};

fluxrig::export!(process);

#[derive(Deserialize)]
struct Order {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    article: String,
    count: u32,
    /// Cents.
    price: u64,
}

#[derive(Debug, PartialEq, Serialize)]
struct Bill {
    articles: usize,
    net: u64,
    tax: u64,
    gross: u64,
}

fn process(message: Message) -> Result<Message> {
    let Some(order) = &message.raw else { bail!("the message has no order in raw") };
    let order: Order = serde_json::from_slice(order)?;
    let mut reply = message.reply();
    reply.meta.insert("content-type", "application/json");
    reply.raw = Some(serde_json::to_vec(&bill(&order)?)?);
    Ok(reply)
}

fn bill(order: &Order) -> Result<Bill> {
    let articles: BTreeSet<_> = order.items.iter().map(|item| &item.article).collect();
    let prices = order.items.iter().map(|item| item.price.checked_mul(item.count.into()));
    let net = prices.reduce(|sum, price| sum?.checked_add(price?)).unwrap_or(Some(0));
    let Some(net) = net.filter(|net| *net < u64::MAX / 2) else { bail!("nobody has that much money") };
    let tax = net / 100 * 19 + net % 100 * 19 / 100;
    Ok(Bill { articles: articles.len(), net, tax, gross: net + tax })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(raw: &str) -> Message {
        Message { raw: Some(raw.into()), ..Message::default() }
    }

    #[test]
    fn an_order_is_answered_with_its_bill() {
        let items = r#"{"items": [{"article": "bolt", "count": 3, "price": 25}, {"article": "nut", "count": 1, "price": 125}]}"#;
        let reply = process(order(items)).unwrap();
        assert_eq!(reply.raw.unwrap(), br#"{"articles":2,"net":200,"tax":38,"gross":238}"#);
        assert_eq!(reply.meta["content-type"], "application/json");
    }

    #[test]
    fn what_is_no_order_is_an_error() {
        for (raw, reason) in [("{", "EOF"), ("{}", "missing field `items`"), (r#"{"items": 3}"#, "invalid type")] {
            assert!(process(order(raw)).unwrap_err().reason().contains(reason));
        }
        assert_eq!(process(Message::default()).unwrap_err().reason(), "the message has no order in raw");
    }

    #[test]
    fn a_sum_that_does_not_fit_is_an_error() {
        let items = format!(r#"{{"items": [{{"article": "yacht", "count": 2, "price": {}}}]}}"#, u64::MAX);
        assert_eq!(process(order(&items)).unwrap_err().reason(), "nobody has that much money");
    }
}
