use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

/// What a plugin's function returns: a value, or why there is none.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Why a message, or a call, failed: one sentence that the host shows to people.
///
/// Make one with [`bail!`](crate::bail), from a text, or with `?` from any error. What becomes of it is the ABI's: a
/// gear of the core profile logs it and drops the message, one of the extended profile rejects the message with it, an
/// Extism plugin, an actor and a byte function fail with exactly this text.
///
/// It does not implement [`core::error::Error`], so that it can be made from all types that do.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    reason: Box<str>,
}

impl Error {
    /// An error with this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into().into_boxed_str() }
    }

    /// The sentence.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The same error, told where it happened: `context: reason`.
    #[must_use]
    pub fn context(self, context: impl fmt::Display) -> Self {
        Self::new(alloc::format!("{context}: {}", self.reason))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl<E: core::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

/// Returns from a function with an [`Error`] of this text, which is formatted as in `format!`.
///
/// ```
/// fn half(number: i64) -> plugbay_guest::Result<i64> {
///     if number % 2 != 0 {
///         plugbay_guest::bail!("{number} is odd");
///     }
///     Ok(number / 2)
/// }
/// assert_eq!(half(3).unwrap_err().reason(), "3 is odd");
/// ```
#[macro_export]
macro_rules! bail {
    ($($text:tt)+) => {
        return ::core::result::Result::Err($crate::Error::new($crate::runtime::format!($($text)+)))
    };
}
