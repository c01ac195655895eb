//! The user service in the calling convention `packed`.

use packed::Answer;

packed::export! {
    "create_user" = |input| Ok(users::create_user(input));
    "echo" = |input| Ok(input.to_vec());
    "fail" = fail;
}

/// Fails with the input as its message.
fn fail(input: &[u8]) -> Answer {
    Err(String::from_utf8_lossy(input).into_owned())
}
