//! A filter: text comes in, and leaves without card numbers and addresses of mail.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::extism;
use plugbay_guest::prelude::*;

extism::export!(#![no_std] redact);

fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut hidden = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        if !bare.is_empty() && (is_card(bare) || is_address(bare)) {
            hidden += 1;
            redacted.push_str(&word.replace(bare, "***"));
        } else {
            redacted.push_str(word);
        }
    }
    if hidden > 0 {
        extism::info!("hid {hidden} of {} words", text.split_whitespace().count());
    }
    redacted
}

/// 13 to 19 digits, perhaps with hyphens, whose check digit is right.
fn is_card(word: &str) -> bool {
    let digits: Option<Vec<u32>> =
        word.chars().filter(|letter| *letter != '-').map(|letter| letter.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| (13..=19).contains(&digits.len())) else { return false };
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { doubled(*digit) })
        .sum();
    sum % 10 == 0
}

fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.') && !domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use plugbay_guest::testing;

    use super::*;

    #[test]
    fn cards_and_addresses_are_hidden() {
        let text = "Card 4111-1111-1111-1111, mail <ada@example.com>.\n";
        assert_eq!(redact(text), "Card ***, mail <***>.\n");
        testing::host(|host| assert_eq!(host.lines(), ["info: hid 2 of 4 words"]));
    }

    #[test]
    fn everything_else_stays() {
        for text in ["", " ", "4111-1111-1111-1112", "12 @ 5.00", "Grüße 🚀\t!"] {
            assert_eq!(redact(text), text);
        }
        testing::host(|host| assert!(host.logs.is_empty()));
    }
}
