//! The host functions of Reflow's.

use std::vec::Vec;

use serde_json::Value;

use super::host;

pub fn get_state(key: &str) -> Option<Vec<u8>> {
    let value = host(|host| host.actor_state.get(key).cloned())?;
    Some(serde_json::to_vec(&value).expect("JSON can be written"))
}

pub fn set_state(key: &str, json: &[u8]) {
    let value: Value = serde_json::from_slice(json).expect("a value is JSON");
    host(|host| host.actor_state.insert(key.into(), value));
}

pub fn send_output(outputs: &Value) {
    let outputs = outputs.as_object().expect("outputs are an object").clone();
    host(|host| host.sent.extend(outputs));
}
