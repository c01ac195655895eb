use extism_pdk::{host_fn, Error};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::Value;

#[host_fn]
extern "ExtismHost" {
    fn __get_state(key: String) -> String;
    fn __set_state(key: String, value: String);
    fn __send_output(outputs: String);
}

/// A value of the state as it is now; `None` when the key is not set.
pub fn get_state<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Error> {
    // SAFETY: the host function takes text and answers with text, as declared.
    let text = unsafe { __get_state(key.to_owned()) }?;
    // A host may answer with the null handle, which reads as no text, instead of JSON's null.
    if text.is_empty() {
        return Ok(None);
    }
    Ok(serde_json::from_str(&text)?)
}

/// Sets a value of the state.
pub fn set_state<T: Serialize>(key: &str, value: &T) -> Result<(), Error> {
    // SAFETY: the host function takes text, as declared.
    unsafe { __set_state(key.to_owned(), serde_json::to_string(value)?) }
}

/// Sends plain values on ports, `{"port": value}`, at once: they leave before `process` returns.
pub fn send_output(outputs: &Value) -> Result<(), Error> {
    // SAFETY: the host function takes text, as declared.
    unsafe { __send_output(outputs.to_string()) }
}
