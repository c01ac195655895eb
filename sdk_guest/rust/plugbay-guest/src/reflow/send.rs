use alloc::string::String;

use serde::Serialize;

use super::{Json, Object, user};
use crate::Result;

/// Sends a value on an outport before `process` returns. The host tells its type by the kind of JSON it is; some hosts send
/// it on at once, others when the message has succeeded.
///
/// Fails when the value can't be JSON.
pub fn send(port: &str, value: &impl Serialize) -> Result<()> {
    let outputs = Object::from_iter([(String::from(port), serde_json::to_value(value)?)]);
    user::send_output(&Json::Object(outputs));
    Ok(())
}
