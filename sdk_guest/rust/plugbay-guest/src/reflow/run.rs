//! The functions that Reflow calls.

use alloc::string::String;

use super::{Actor, Context, Metadata, Object, Reply};
use crate::{Json, Result};

/// `get_metadata`
pub fn get_metadata<A: Actor>() -> Json<Metadata> {
    Json(A::metadata())
}

/// `get_version`
pub fn get_version<A: Actor>() -> Json<String> {
    Json(A::metadata().version)
}

/// `validate_config`: settings that are no settings are refused, like bad ones.
pub fn validate_config<A: Actor>(input: &[u8]) -> Json<bool> {
    let judge = || -> Result<()> {
        let config: Option<Object> = serde_json::from_slice(input)?;
        A::check(&Context { config: config.unwrap_or_default(), ..Context::default() }.config()?)
    };
    Json(judge().is_ok())
}

/// `process`
pub fn process<A: Actor>(input: &[u8]) -> Result<Json<Reply>> {
    let context = Context::from_json(input)?;
    let config = context.config()?;
    A::check(&config)?;
    A::process(context, config).map(Json)
}
