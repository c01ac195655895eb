//! The extended profile of fluxrig gears: state, HTTP, time, randomness, and any number of messages out.
//!
//! ```
//! use plugbay_guest::fluxrig::{Message, Value};
//! use plugbay_guest::fluxrig::extended::{self, state};
//! use plugbay_guest::Result;
//!
//! extended::export!(process);
//!
//! /// Splits an order into one message for each item.
//! fn process(order: Message) -> Result<Vec<Message>> {
//!     let items = order.read::<Vec<Value>>("items")?;
//!     state::put("last order", order.id.to_string().as_bytes())?;
//!     items
//!         .into_iter()
//!         .map(|item| {
//!             let mut message = order.reply();
//!             message.set("item", item)?;
//!             Ok(message)
//!         })
//!         .collect()
//! }
//! ```
//!
//! An error rejects the message with the error's text as the reason: what it emitted and stored is then undone.

mod answer;
mod emit;
mod export;
pub mod http;
mod imports;
#[doc(hidden)]
pub mod run;
pub mod state;

pub use answer::Answer;
pub use emit::emit;

#[doc(inline)]
pub use crate::__fluxrig_extended_export as export;
pub use crate::wasi::{random, time};
