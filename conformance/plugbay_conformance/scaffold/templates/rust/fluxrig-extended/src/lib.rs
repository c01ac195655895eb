//! Counts the payments of each user. The counts are kept in the host's state, so they outlive the instance.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::Result;
use plugbay_guest::fluxrig::Message;
use plugbay_guest::fluxrig::extended::{self, state};
use plugbay_guest::prelude::*;

extended::export!(#![no_std] process);

fn process(mut message: Message) -> Result<Message> {
    let user: String = message.read("user")?;
    let key = format!("payments/{user}");
    let before = match state::get(&key) {
        Some(text) => core::str::from_utf8(&text)?.parse()?,
        None => 0_u64,
    };
    let payments = before + 1;
    state::put(&key, payments.to_string().as_bytes())?;
    message.set("payments", payments)?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use plugbay_guest::fluxrig::map;
    use plugbay_guest::testing;

    use super::*;

    fn pay(user: &str) -> Result<u64> {
        process(Message { data: map! { "user" => user }, ..Message::default() })?.read("payments")
    }

    #[test]
    fn the_payments_of_each_user_are_counted() {
        assert_eq!(["ada", "ada", "bob", "ada"].map(pay), [Ok(1), Ok(2), Ok(1), Ok(3)]);
    }

    #[test]
    fn without_state_the_payment_is_rejected() {
        testing::host(|host| host.refuses_state = true);
        assert_eq!(pay("ada").unwrap_err().reason(), "the host refused to store payments/ada");
    }

    #[test]
    fn a_payment_of_nobody_is_rejected() {
        assert!(process(Message::default()).is_err());
    }
}
