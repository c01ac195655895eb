//! What a gear of the extended profile imports.

use std::vec::Vec;

use super::host;
use crate::cbor::Writer;
use crate::fluxrig::Message;

pub fn emit(message: &[u8]) {
    let message = Message::from_cbor(message).expect("what was written can be read");
    host(|host| host.emitted.push(message));
}

pub fn reject(reason: &str) {
    host(|host| host.rejected = Some(reason.into()));
}

pub fn get(key: &str) -> Option<Vec<u8>> {
    host(|host| if host.refuses_state { None } else { host.state.get(key).cloned() })
}

pub fn put(key: &str, value: &[u8]) -> bool {
    host(|host| {
        if !host.refuses_state {
            host.state.insert(key.into(), value.into());
        }
        !host.refuses_state
    })
}

pub fn http(url: &str, body: &[u8]) -> Option<Vec<u8>> {
    let response = host(|host| host.answer(url, body))?;
    let written = Writer::bytes(|writer| {
        writer.map(3, |writer| {
            writer.text("status");
            writer.unsigned(response.status.into());
            writer.text("headers");
            let headers = response.headers.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            writer.text_map(response.headers.len(), headers)?;
            writer.text("body");
            writer.byte_string(&response.body);
            Ok(())
        })
    });
    Some(written.expect("a response can be written"))
}
