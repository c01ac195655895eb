//! Reflow actors: a type that tells its ports and works on messages.
//!
//! ```
//! use plugbay_guest::Result;
//! use plugbay_guest::reflow::{self, Actor, Context, Message, Metadata, PortType, Reply};
//! use serde::{Deserialize, Serialize};
//!
//! struct Counter;
//!
//! #[derive(Deserialize)]
//! #[serde(default)]
//! struct Config {
//!     step: i64,
//! }
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct State {
//!     count: i64,
//! }
//!
//! impl Actor for Counter {
//!     type Config = Config;
//!
//!     fn metadata() -> Metadata {
//!         Metadata::new("Counter", "Counts what comes in", env!("CARGO_PKG_VERSION"))
//!             .inport("add", PortType::Integer, "Adds so many times the step")
//!             .outport("count", PortType::Integer, "The new count")
//!     }
//!
//!     fn process(mut context: Context, config: Config) -> Result<Reply> {
//!         let mut state: State = context.state()?;
//!         if let Some(number) = context.take::<i64>("add")? {
//!             state.count += number * config.step;
//!         }
//!         Reply::new().send("count", Message::Integer(state.count)).with_state(&state)
//!     }
//! }
//! # impl Default for Config {
//! #     fn default() -> Self {
//! #         Self { step: 1 }
//! #     }
//! # }
//!
//! reflow::export!(Counter);
//! ```
//!
//! An error fails the message, with exactly its text. Config, HTTP, log, time and randomness are those of
//! [Extism plugins](crate::extism).

mod actor;
mod context;
mod export;
mod from_message;
mod message;
mod metadata;
mod reply;
#[doc(hidden)]
pub mod run;
mod send;
pub mod state;
mod user;

pub use actor::Actor;
pub use context::Context;
pub use from_message::FromMessage;
pub use message::Message;
pub use metadata::{Metadata, PortType};
pub use reply::Reply;
pub use send::send;

/// JSON of any kind.
pub use serde_json::Value as Json;

/// A JSON object.
pub type Object = serde_json::Map<alloc::string::String, Json>;

#[doc(inline)]
pub use crate::__reflow_export as export;
pub use crate::extism::{debug, error, http, info, log, random, time, trace, warn};
