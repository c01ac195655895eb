use super::imports;
use crate::Result;
use crate::fluxrig::Message;

/// Sends a message on before the gear's answer. It leaves when the message that is worked on succeeds.
///
/// Fails when the message is over the limits.
pub fn emit(message: &Message) -> Result<()> {
    imports::emit(&message.to_cbor()?);
    Ok(())
}
