use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Input, Output};
use crate::{Error, Result};

/// JSON as the input or the output of a function, of a type that serde knows.
///
/// ```
/// use plugbay_guest::Json;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize)]
/// struct Order {
///     net: f64,
/// }
///
/// #[derive(Serialize)]
/// struct Bill {
///     gross: f64,
/// }
///
/// fn bill(Json(order): Json<Order>) -> Json<Bill> {
///     Json(Bill { gross: order.net * 1.19 })
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<'a, T: Deserialize<'a>> Input<'a> for Json<T> {
    fn from_bytes(bytes: &'a [u8]) -> Result<Self> {
        serde_json::from_slice(bytes)
            .map(Json)
            .map_err(|error| Error::new(format!("the input is not as it must be: {error}")))
    }
}

impl<T: Serialize> Output for Json<T> {
    fn into_bytes(self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&self.0)?)
    }
}
