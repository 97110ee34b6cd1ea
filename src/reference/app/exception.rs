//! Exceptions: why a handler fails, and the event that reports it to the caller.

use std::sync::Arc;

use crate::{
    data::Data,
    reference::socket::{Ack, Refused, Socket},
};

/// Why a handler did not do what its event asks for.
#[derive(Debug)]
pub(in crate::reference) enum Failure {
    /// The handler failed unexpectedly; the detail stays on the server.
    Internal {
        /// The cause of the unexpected failure. It stays on the server.
        detail: String,
    },
    /// The handler refused the event, and the client may see why.
    Refused {
        /// The code of the refusal, which client programs can evaluate.
        code: Box<Data>,
        /// The message of the refusal, for people.
        message: Box<Data>,
        /// The argument field that is missing or invalid; `None` if the refusal has another cause.
        field: Option<&'static str>,
    },
}

impl Failure {
    /// Returns the failure for a field that is missing or invalid.
    pub(in crate::reference) fn field(field: &'static str, message: String) -> Self {
        Self::Refused {
            code: Box::new(Data::from("VALIDATION_FAILED")),
            message: Box::new(Data::from(message)),
            field: Some(field),
        }
    }

    /// Sends the event `exception`, which reports this failure, to the client whose event failed.
    pub(super) fn report(&self, socket: &Arc<Socket>, ack: Option<&Ack>) {
        socket
            .faults()
            .report_exception(socket, ack, self, self.exception());
    }

    fn exception(&self) -> Data {
        let status = ("status", Data::from("error"));
        match self {
            Self::Internal { .. } => {
                Data::object([status, ("message", Data::from("Internal server error"))])
            }
            Self::Refused {
                code,
                message,
                field,
            } => {
                let (code, message) = (Data::clone(code), Data::clone(message));
                let fields = [status, ("code", code), ("message", message)];
                let field = field.map(|field| ("field", Data::from(field)));
                Data::object(fields.into_iter().chain(field))
            }
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let code = refused.data.as_ref().and_then(|data| data.get("code"));
        Self::Refused {
            code: Box::new(code.cloned().unwrap_or_default()),
            message: Box::new(Data::from(refused.message)),
            field: None,
        }
    }
}
