use serde::de::DeserializeOwned;

use super::{Context, Metadata, Reply};
use crate::Result;

/// A Reflow actor. Hosts may make a new instance for each message, so what must last belongs into the state.
pub trait Actor {
    /// The actor's own settings; [`Object`](super::Object) for any. The host's are read as this type for each message,
    /// `{}` where it gives none.
    type Config: DeserializeOwned;

    /// The actor's name, ports and settings.
    fn metadata() -> Metadata;

    /// Works on the messages that came in.
    fn process(context: Context, config: Self::Config) -> Result<Reply>;

    /// Judges settings when the actor is loaded, beyond their types; they are refused when it fails.
    fn check(config: &Self::Config) -> Result<()> {
        let _ = config;
        Ok(())
    }
}
