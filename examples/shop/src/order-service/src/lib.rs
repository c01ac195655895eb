//! The shop's catalogue, prices and orders, in the calling convention `packed`. Money is whole cents. Functions keep
//! nothing and always answer the same, so an order's number is made of what was ordered.

mod catalogue;
mod follow_up;
mod order;
mod price;

use packed::Answer;
use serde::{Deserialize, Serialize};

packed::export! {
    "create_order" = |input| answer(read(input).and_then(order::create));
    "price_order" = |input| answer(read(input).and_then(|basket| price::price(&basket)));
    "list_products" = |_| answer(Ok(catalogue::Listing::whole()));
    "get_quote" = |input| answer(read(input).and_then(price::quote));
    "send_confirmation" = |input| answer(read(input).map(follow_up::confirm));
    "reserve_stock" = |input| answer(read(input).and_then(follow_up::reserve));
    "reorder_stock" = |input| answer(read(input).and_then(follow_up::reorder));
}

fn read<'a, T: Deserialize<'a>>(input: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(input).map_err(|error| format!("the input is not right: {error}"))
}

fn answer<T: Serialize>(result: Result<T, String>) -> Answer {
    serde_json::to_vec(&result?).map_err(|error| error.to_string())
}
