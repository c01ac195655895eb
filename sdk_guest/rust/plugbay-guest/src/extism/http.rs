//! HTTP requests, which the host makes where it grants them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::kernel;
use crate::{Error, Result};

/// A request that can be sent.
///
/// ```no_run
/// use plugbay_guest::extism::http::Request;
///
/// let response = Request::post("https://example.com/orders").header("content-type", "text/plain").body("one bolt").send()?;
/// assert_eq!(response.status, 201);
/// # Ok::<(), plugbay_guest::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    url: String,
    method: String,
    headers: BTreeMap<String, String>,
    #[serde(skip)]
    body: Vec<u8>,
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// The headers by name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request by any method.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self { url: url.into(), method: method.into(), headers: BTreeMap::new(), body: Vec::new() }
    }

    /// A GET.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A POST.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// The same request with a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The same request with a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it. Any status is a response.
    ///
    /// When the host refuses the request, or can't make it, it ends the call with an error of its own: Extism has no way
    /// of telling the plugin.
    pub fn send(&self) -> Result<Response> {
        let request = serde_json::to_vec(self)?;
        let answer = kernel::request(&request, &self.body);
        let (status, headers, body) = answer.ok_or_else(|| Error::new("the host refused the request"))?;
        let headers = if headers.is_empty() { BTreeMap::new() } else { serde_json::from_slice(&headers)? };
        Ok(Response { status, headers, body })
    }
}

impl Response {
    /// The body as text; fails when it is none.
    pub fn text(&self) -> Result<&str> {
        core::str::from_utf8(&self.body).map_err(|_| Error::new("the response's body is no text in UTF-8"))
    }
}
