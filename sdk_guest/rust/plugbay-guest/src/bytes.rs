//! Functions of bytes, which Extism plugins and PrioStack's byte functions are.

mod function;
mod input;
#[cfg(feature = "json")]
mod json;
mod output;

pub use function::Function;
pub use input::Input;
#[cfg(feature = "json")]
pub use json::Json;
pub use output::Output;
