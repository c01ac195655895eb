//! A filter: payments below a limit are dropped, the others are marked by how large they are. Core profile, so it runs on a
//! fluxrig v0.6 rack.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::Result;
use plugbay_guest::fluxrig::{self, Message};

fluxrig::export!(#![no_std] process);

/// Cents. What is below is of no interest.
const LIMIT: i64 = 10_000;
/// Cents. From here on somebody has a look.
const HUGE: i64 = 1_000_000;

fn process(mut message: Message) -> Result<Option<Message>> {
    let amount: i64 = message.read("payment.amount")?;
    if amount < LIMIT {
        fluxrig::debug!("{amount} is below the limit");
        return Ok(None);
    }
    message.meta.insert("size", if amount < HUGE { "large" } else { "huge" });
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use plugbay_guest::fluxrig::map;
    use plugbay_guest::testing;

    use super::*;

    fn payment(amount: i64) -> Message {
        Message { data: map! { "payment" => map! { "amount" => amount } }, ..Message::default() }
    }

    #[test]
    fn a_payment_below_the_limit_is_dropped() {
        assert_eq!(process(payment(9_999)), Ok(None));
        testing::host(|host| assert_eq!(host.lines(), ["debug: 9999 is below the limit"]));
    }

    #[test]
    fn a_payment_from_the_limit_on_is_marked() {
        for (amount, size) in [(10_000, "large"), (999_999, "large"), (1_000_000, "huge")] {
            let marked = process(payment(amount)).unwrap().unwrap();
            assert_eq!(marked.meta["size"], size);
            assert_eq!(marked.data, payment(amount).data);
        }
    }

    #[test]
    fn a_message_that_is_no_payment_is_an_error_that_names_the_field() {
        let error = process(Message::default()).unwrap_err();
        assert_eq!(error.reason(), "payment.amount is missing: expected integer of 64 bits with sign");
    }
}
