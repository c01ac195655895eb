//! A stateful gear: counts the payments of each card within a minute, and sends an alert beside the payment when there are
//! too many. The times are kept in the host's state, so they outlive the instance.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::Result;
use plugbay_guest::fluxrig::extended::{self, emit, state};
use plugbay_guest::fluxrig::{Message, map};
use plugbay_guest::prelude::*;

extended::export!(#![no_std] process);

/// More payments than this within the window are too many.
const MOST: usize = 3;
/// Nanoseconds.
const WINDOW: i64 = 60_000_000_000;

fn process(mut payment: Message) -> Result<Message> {
    let card: String = payment.read("card")?;
    let key = format!("velocity/{card}");
    let mut times = read_times(&state::get(&key).unwrap_or_default())?;
    times.retain(|time| payment.ts.abs_diff(*time) < WINDOW.unsigned_abs());
    times.push(payment.ts);
    state::put(&key, write_times(&times).as_bytes())?;
    if times.len() > MOST {
        let mut alert = payment.reply();
        alert.data = map! { "alert" => "velocity", "card" => card, "payments" => times.len() };
        emit(&alert)?;
    }
    payment.set("velocity", times.len())?;
    Ok(payment)
}

/// The times as decimal text, one after the other.
fn write_times(times: &[i64]) -> String {
    times.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn read_times(text: &[u8]) -> Result<Vec<i64>> {
    let text = core::str::from_utf8(text)?;
    text.split_ascii_whitespace().map(|time| Ok(time.parse()?)).collect()
}

#[cfg(test)]
mod tests {
    use plugbay_guest::testing;

    use super::*;

    fn pay(card: &str, second: i64) -> usize {
        let payment = Message { data: map! { "card" => card }, ts: second * 1_000_000_000, ..Message::default() };
        process(payment).unwrap().read("velocity").unwrap()
    }

    #[test]
    fn payments_of_a_card_within_a_minute_count() {
        assert_eq!([pay("a", 0), pay("a", 10), pay("b", 20), pay("a", 59)], [1, 2, 1, 3]);
        assert_eq!([pay("a", 60), pay("a", 200)], [3, 1]);
    }

    #[test]
    fn too_many_send_an_alert() {
        assert_eq!([1, 2, 3, 4].map(|second| pay("a", second)), [1, 2, 3, 4]);
        testing::host(|host| {
            let alerts: Vec<_> = host.emitted.iter().map(|alert| alert.read("payments")).collect();
            assert_eq!(alerts, [Ok(4)]);
        });
    }

    #[test]
    fn without_state_the_payment_is_rejected() {
        testing::host(|host| host.refuses_state = true);
        let payment = Message { data: map! { "card" => "a" }, ..Message::default() };
        assert_eq!(process(payment).unwrap_err().reason(), "the host refused to store velocity/a");
    }
}
