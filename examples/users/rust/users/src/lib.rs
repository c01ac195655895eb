//! The PrioStack user service: JSON bytes in, JSON bytes out. It knows no calling convention.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Request {
    email: String,
    name: String,
}

#[derive(Serialize)]
struct User {
    id: &'static str,
    email: String,
    name: String,
}

/// The user that the request asks for, or an object with the single key `error`.
pub fn create_user(input: &[u8]) -> Vec<u8> {
    let Ok(Request { email, name }) = serde_json::from_slice(input) else {
        return br#"{"error": "Invalid input"}"#.to_vec();
    };
    if email.is_empty() || name.is_empty() {
        return br#"{"error": "Email and name are required"}"#.to_vec();
    }
    let user = User { id: "user_123", email, name };
    serde_json::to_vec(&user).unwrap_or_else(|_| br#"{"error": "Serialization failed"}"#.to_vec())
}
