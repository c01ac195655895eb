//! The shop's customers, for wasm-bindgen. Functions keep nothing: a real service would ask a database.

mod user;
mod validation;

use serde::{Deserialize, Serialize};
use serde_json::json;
use wasm_bindgen::prelude::*;

/// An answer as JSON; an error becomes an object with the single key `error`.
fn answer<T: Serialize>(result: Result<T, String>) -> Vec<u8> {
    let written = match result {
        Ok(value) => serde_json::to_vec(&value),
        Err(error) => serde_json::to_vec(&json!({ "error": error })),
    };
    written.unwrap_throw()
}

fn read<'a, T: Deserialize<'a>>(input: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(input).map_err(|error| format!("Invalid input: {error}"))
}

/// `{"email": "...", "name": "..."}` to the same with an `id`.
#[wasm_bindgen]
pub fn create_user(input: &[u8]) -> Vec<u8> {
    users::create_user(input)
}

/// The same input to `{"valid": true, "problems": []}`.
#[wasm_bindgen]
pub fn validate_user(input: &[u8]) -> Vec<u8> {
    answer(read(input).map(|form| validation::Report::of(&form)))
}

#[derive(Deserialize)]
struct UserId {
    id: String,
}

/// `{"id": "user_1"}`, as it comes from the path, to one of the shop's regulars.
#[wasm_bindgen]
pub fn get_user(input: &[u8]) -> Vec<u8> {
    answer(read(input).and_then(|UserId { id }| user::find(&id)))
}

#[derive(Deserialize)]
struct Inactive {
    user: String,
    #[serde(default)]
    sessions: Vec<String>,
}

#[derive(Serialize)]
struct Cleanup {
    user: String,
    closed: usize,
}

/// What the sensor `userInactive` says to how many of the user's sessions were closed.
#[wasm_bindgen]
pub fn cleanup_session(input: &[u8]) -> Vec<u8> {
    answer(read(input).map(|Inactive { user, sessions }| Cleanup { user, closed: sessions.len() }))
}
