//! PrioStack functions of bytes, in the calling convention `packed`: one that does nothing and one that takes long.

use packed::Answer;

packed::export! {
    "echo" = |input| Ok(input.to_vec());
    "burn" = burn;
}

/// Computes for as many rounds as the first number in the input says: `{"rounds": 1000}`. A round takes some 1.5 ns.
fn burn(input: &[u8]) -> Answer {
    let digits: String = input
        .iter()
        .map(|byte| char::from(*byte))
        .skip_while(|character| !character.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    let rounds: u64 = digits.parse().map_err(|_| "burn takes {\"rounds\": 1000}".to_string())?;
    let value = (0..rounds).fold(rounds | 1, |value, _| {
        let value = value ^ value << 13;
        let value = value ^ value >> 7;
        value ^ value << 17
    });
    Ok(format!("{{\"rounds\":{rounds},\"value\":{}}}", value >> 32).into_bytes())
}
