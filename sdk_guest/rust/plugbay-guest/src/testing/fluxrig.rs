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
            writer.map(response.headers.len(), |writer| {
                response.headers.iter().flat_map(|(name, value)| [name, value]).for_each(|text| writer.text(text));
                Ok(())
            })?;
            writer.text("body");
            writer.bytes_value(&response.body);
            Ok(())
        })
    });
    Some(written.expect("a response can be written"))
}
