//! The user service for wasm-bindgen, which writes the code around these functions.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn create_user(input: &[u8]) -> Vec<u8> {
    users::create_user(input)
}

#[wasm_bindgen]
pub fn echo(input: &[u8]) -> Vec<u8> {
    input.to_vec()
}

/// Fails with the input as its message.
#[wasm_bindgen]
pub fn fail(input: &[u8]) -> Vec<u8> {
    wasm_bindgen::throw_str(&String::from_utf8_lossy(input))
}
