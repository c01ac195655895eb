//! A filter of payments: small ones are dropped, large ones are marked.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::fluxrig::{self, Message};
use plugbay_guest::{Result, bail};

fluxrig::export!(#![no_std] process);

/// Cents. What is below is of no interest.
const SMALL: u64 = 100;
/// Cents. What is above is marked.
const LARGE: u64 = 100_000;

fn process(mut message: Message) -> Result<Option<Message>> {
    let amount: u64 = message.read("payment.amount")?;
    if amount == 0 {
        bail!("a payment of nothing");
    }
    if amount < SMALL {
        return Ok(None); // dropped
    }
    message.set("payment.large", amount > LARGE)?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use plugbay_guest::fluxrig::map;

    use super::*;

    fn payment(amount: u64) -> Message {
        Message { data: map! { "payment" => map! { "amount" => amount } }, ..Message::default() }
    }

    #[test]
    fn a_large_payment_is_marked() {
        for (amount, large) in [(100, false), (100_000, false), (100_001, true)] {
            let marked = process(payment(amount)).unwrap().unwrap();
            assert_eq!(marked.read("payment.large"), Ok(large));
        }
    }

    #[test]
    fn a_small_payment_is_dropped() {
        assert_eq!(process(payment(99)), Ok(None));
    }

    #[test]
    fn what_is_no_payment_is_an_error() {
        assert_eq!(process(payment(0)).unwrap_err().reason(), "a payment of nothing");
        assert!(process(Message::default()).is_err());
    }
}
