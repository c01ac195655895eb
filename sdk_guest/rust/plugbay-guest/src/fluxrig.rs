//! fluxrig gears: a function over a message.
//!
//! ```
//! use plugbay_guest::fluxrig::{self, Message};
//! use plugbay_guest::Result;
//!
//! fluxrig::export!(process);
//!
//! /// Lets large payments through, and says how large they are.
//! fn process(mut message: Message) -> Result<Option<Message>> {
//!     let amount: i64 = message.read("payment.amount")?;
//!     if amount < 10_000 {
//!         return Ok(None); // dropped
//!     }
//!     message.meta.insert("size", "large");
//!     Ok(Some(message))
//! }
//! ```
//!
//! This is the core profile, whose gears run on a fluxrig v0.6 rack; an error is logged and the message dropped. The
//! extended profile is [`extended`].

mod answer;
mod codec;
mod export;
#[cfg(feature = "fluxrig-extended")]
pub mod extended;
mod fields;
mod hop;
mod id;
mod message;
#[doc(hidden)]
pub mod run;

pub use answer::Answer;
pub use hop::Hop;
pub use id::{Id, NoId};
pub use message::Message;

pub use crate::value::{FromValue, Integer, Iter, Map, OutOfRange, Value};
#[doc(inline)]
pub use crate::{
    __env_debug as debug, __env_error as error, __env_info as info, __env_log as log, __env_warn as warn,
    __fluxrig_export as export, __list as list, __map as map,
};

/// Hops that a message's path may have.
pub const MAX_HOPS: usize = 64;

/// Bytes that a message may have in `raw`, in the keys and values of `meta`, and in the keys and the texts of `data` itself,
/// all together.
pub const MAX_MESSAGE_BYTES: usize = 2 * 1024 * 1024;
