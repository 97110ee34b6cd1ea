//! The refusal of a client that sent CONNECT.

use crate::data::Data;

/// Why the application refuses a client that sent CONNECT.
#[derive(Debug)]
pub(in crate::reference) struct Refused {
    pub(in crate::reference) message: String,
    pub(in crate::reference) data: Option<Data>,
}

impl Refused {
    /// Returns a refusal with a message only.
    pub(in crate::reference) fn new(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            data: None,
        }
    }

    /// Returns the payload of CONNECT_ERROR: an object with `message`, and with `data` if there is
    /// any (Socket.IO v5, "Connection to a namespace").
    pub(in crate::reference) fn payload(self) -> Data {
        let message = ("message", Data::from(self.message));
        let data = self.data.map(|data| ("data", data));
        Data::object(std::iter::once(message).chain(data))
    }
}
