//! Makes users: JSON in, JSON out.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::packed::{self, time};
use plugbay_guest::prelude::*;
use plugbay_guest::{Json, Result, bail};
use serde::{Deserialize, Serialize};

packed::export!(#![no_std] create_user);

#[derive(Deserialize)]
struct Request {
    name: String,
    email: String,
}

#[derive(Debug, PartialEq, Serialize)]
struct User {
    name: String,
    email: String,
    /// Unix nanoseconds.
    created: i64,
}

fn create_user(Json(request): Json<Request>) -> Result<Json<User>> {
    if request.name.is_empty() {
        bail!("name is required");
    }
    if !request.email.contains('@') {
        bail!("'{}' is no mail address", request.email);
    }
    packed::info!("made the user {}", request.name);
    Ok(Json(User { name: request.name, email: request.email, created: time::now() }))
}

#[cfg(test)]
mod tests {
    use plugbay_guest::testing;

    use super::*;

    fn ask(name: &str, email: &str) -> Result<User> {
        create_user(Json(Request { name: name.into(), email: email.into() })).map(|user| user.0)
    }

    #[test]
    fn a_user_is_made() {
        testing::host(|host| host.time = 5);
        let user = User { name: "Ada".into(), email: "ada@example.com".into(), created: 5 };
        assert_eq!(ask("Ada", "ada@example.com"), Ok(user));
        testing::host(|host| assert_eq!(host.lines(), ["info: made the user Ada"]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(ask("", "ada@example.com").unwrap_err().reason(), "name is required");
        assert_eq!(ask("Ada", "nowhere").unwrap_err().reason(), "'nowhere' is no mail address");
    }
}
