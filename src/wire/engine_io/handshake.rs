//! The open packet (Engine.IO v4, "Handshake").

use std::time::Duration;

use crate::data::Data;

/// What the server announces in its open packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handshake {
    /// The session's id.
    pub sid: String,
    /// Transports that the client may go over to.
    pub upgrades: Vec<String>,
    /// Time between the server's pings.
    pub ping_interval: Duration,
    /// How long the server waits for a pong.
    pub ping_timeout: Duration,
    /// Bytes that one polling payload may have; version 3 does not announce it.
    pub max_payload: Option<u64>,
}

/// Why an open packet can't be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenPacketError {
    /// The data is no JSON object.
    #[error("open packet's data is not a JSON object")]
    NotAnObject,
    /// A field is missing or of a wrong type.
    #[error("open packet's field {field} is {found}, expected {expected}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// The value found, as JSON; `absent` where there is none.
        found: String,
        /// The type expected.
        expected: &'static str,
    },
}

impl Handshake {
    /// Reads the data of an open packet.
    ///
    /// # Errors
    ///
    /// The first field that is missing or of a wrong type.
    pub fn decode(data: &str) -> Result<Self, OpenPacketError> {
        let _ = data;
        todo!()
    }

    /// The data of an open packet.
    pub fn encode(&self) -> String {
        self.to_data().to_string()
    }

    /// The announced fields as a value, in the order of the protocol document.
    pub fn to_data(&self) -> Data {
        todo!()
    }
}
