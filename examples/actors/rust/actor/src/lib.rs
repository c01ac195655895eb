//! What both actors share: Reflow's protocol as types, and the host functions that Reflow gives an actor.

mod context;
mod host;
mod message;

pub use context::{read_config, ActorResult, Context};
pub use host::{get_state, send_output, set_state};
pub use message::Message;
