//! The host's side of a plugin, for native tests.
//!
//! Off wasm, each thread has a host of its own, and so has each test. It keeps what the plugin does, and answers from
//! what the test puts in.
//!
//! ```
//! use plugbay_guest::{fluxrig, testing};
//!
//! fluxrig::info!("{} payments", 3);
//! testing::host(|host| assert_eq!(host.lines(), ["info: 3 payments"]));
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;
use std::{format, thread_local};

use crate::Level;

#[cfg(feature = "extism")]
pub(crate) mod extism;
#[cfg(feature = "fluxrig-extended")]
pub(crate) mod fluxrig;
#[cfg(feature = "reflow")]
pub(crate) mod reflow;

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

/// Lends this thread's host to a function.
///
/// # Panics
///
/// If the function calls the plugin, or asks for the host again.
pub fn host<R>(function: impl FnOnce(&mut Host) -> R) -> R {
    HOST.with(|host| function(&mut host.borrow_mut()))
}

/// A host that keeps what a plugin does, and answers what a test says.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Host {
    /// What was logged.
    pub logs: Vec<(Level, String)>,
    /// The time, in Unix nanoseconds.
    pub time: i64,
    /// The next random byte; it counts up.
    pub random: u8,
    /// What the server answers at a URL; any other request is refused.
    pub responses: BTreeMap<String, Response>,
    /// The requests that were made: the URL and the body.
    pub requests: Vec<(String, Vec<u8>)>,
    /// fluxrig: the state, by key.
    pub state: BTreeMap<String, Vec<u8>>,
    /// fluxrig: whether state is refused, as without the grant.
    pub refuses_state: bool,
    /// fluxrig: the messages that were emitted.
    #[cfg(feature = "fluxrig")]
    pub emitted: Vec<crate::fluxrig::Message>,
    /// fluxrig: the reason of the last rejection.
    pub rejected: Option<String>,
    /// Extism: the input of the next call, where an export itself is called.
    pub input: Vec<u8>,
    /// Extism: the output of the last call.
    pub output: Vec<u8>,
    /// Extism: why the last call failed.
    pub failure: Option<String>,
    /// Extism: the config.
    pub config: BTreeMap<String, String>,
    /// Extism: the variables.
    pub variables: BTreeMap<String, Vec<u8>>,
    /// Reflow: the state that `state::get` and `state::set` work on.
    #[cfg(feature = "reflow")]
    pub actor_state: serde_json::Map<String, serde_json::Value>,
    /// Reflow: what was sent before `process` returned: the port and the value.
    #[cfg(feature = "reflow")]
    pub sent: Vec<(String, serde_json::Value)>,
}

/// What a server answers.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// The headers by name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Host {
    /// The log as lines of `level: text`.
    pub fn lines(&self) -> Vec<String> {
        self.logs.iter().map(|(level, text)| format!("{}: {text}", format!("{level:?}").to_lowercase())).collect()
    }

    /// Bytes that look different each time, and are the same in each run.
    #[allow(dead_code, reason = "features decide who asks for randomness")]
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.random;
            self.random = self.random.wrapping_add(1);
        }
    }

    #[allow(dead_code, reason = "features decide who makes requests")]
    pub(crate) fn answer(&mut self, url: &str, body: &[u8]) -> Option<Response> {
        self.requests.push((url.into(), body.into()));
        self.responses.get(url).cloned()
    }
}
