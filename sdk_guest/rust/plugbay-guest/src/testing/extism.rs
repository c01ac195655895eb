//! What Extism's kernel asks the host.

use std::string::String;
use std::vec::Vec;

use serde_json::Value;

use super::host;
use crate::extism::Answer;

pub fn input() -> Vec<u8> {
    host(|host| host.input.clone())
}

pub fn output(bytes: &[u8]) {
    host(|host| host.output = bytes.into());
}

pub fn fail(reason: &str) {
    host(|host| host.failure = Some(reason.into()));
}

pub fn config(key: &str) -> Option<Vec<u8>> {
    host(|host| host.config.get(key).cloned().map(String::into_bytes))
}

pub fn variable(key: &str) -> Option<Vec<u8>> {
    host(|host| host.variables.get(key).cloned())
}

pub fn set_variable(key: &str, value: &[u8]) {
    host(|host| match value {
        [] => drop(host.variables.remove(key)),
        _ => drop(host.variables.insert(key.into(), value.into())),
    });
}

pub fn request(request: &[u8], body: &[u8]) -> Option<Answer> {
    let request: Value = serde_json::from_slice(request).expect("a request is JSON");
    let response = host(|host| host.answer(request["url"].as_str().unwrap_or_default(), body))?;
    let headers = serde_json::to_vec(&response.headers).expect("headers are texts");
    Some((response.status, headers, response.body))
}
