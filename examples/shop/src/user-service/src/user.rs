//! The shop's regulars.

use serde::Serialize;

#[derive(Serialize)]
pub struct User {
    id: &'static str,
    email: &'static str,
    name: &'static str,
    since: u16,
}

const REGULARS: [User; 3] = [
    User { id: "user_1", email: "ada@example.com", name: "Ada Lovelace", since: 2019 },
    User { id: "user_2", email: "alan@example.com", name: "Alan Turing", since: 2021 },
    User { id: "user_3", email: "grace@example.com", name: "Grace Hopper", since: 2022 },
];

/// The user of an id, or why there is none.
pub fn find(id: &str) -> Result<User, String> {
    REGULARS.into_iter().find(|user| user.id == id).ok_or_else(|| format!("There is no user {id:?}"))
}
