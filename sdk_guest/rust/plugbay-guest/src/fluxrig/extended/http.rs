//! HTTP requests, which the host makes where it grants them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::imports;
use crate::cbor::read;
use crate::value::{Map, Value, expected};
use crate::{Error, Result};

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// The headers by name.
    pub headers: Map<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Sends a request: a POST of the body, or a GET when the body is empty.
///
/// Any status is a response. Fails when the host refused the request or could not make it.
pub fn request(url: &str, body: &[u8]) -> Result<Response> {
    let bytes = imports::http(url, body).ok_or_else(|| Error::new(format!("the host refused the request to {url}")))?;
    response(&bytes).map_err(|error| error.context("the host's response"))
}

fn response(bytes: &[u8]) -> Result<Response> {
    let value = read(bytes)?;
    let headers = value.read::<Option<Map>>("headers")?.unwrap_or_default();
    Ok(Response {
        status: value.read("status")?,
        headers: headers.try_map(|name, value| match value {
            Value::Text(text) => Ok(text),
            other => Err(expected(name, "text", &other)),
        })?,
        body: value.read::<Option<_>>("body")?.unwrap_or_default(),
    })
}
