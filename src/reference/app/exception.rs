//! What a handler refuses, and how its caller hears of it.

use std::sync::Arc;

use crate::{
    data::Data,
    reference::{
        faults,
        socket::{Ack, Refused, Socket},
    },
};

/// Why a handler did not do what it was asked.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::reference) enum Failure {
    /// The handler broke; the detail is nobody's business.
    Internal {
        /// What happened.
        detail: String,
    },
    /// The handler refuses.
    Refused {
        /// For programs.
        code: Data,
        /// For people.
        message: Data,
        /// The field that is wrong.
        field: Option<&'static str>,
    },
}

impl Failure {
    /// A field that is missing or wrong.
    pub(in crate::reference) fn field(field: &'static str, message: String) -> Self {
        Self::Refused {
            code: Data::from("VALIDATION_FAILED"),
            message: Data::from(message),
            field: Some(field),
        }
    }

    /// Sends the caller the event `exception`.
    pub(super) fn report(&self, socket: &Arc<Socket>, ack: Option<&Ack>) {
        faults::errors::report(socket, ack, self, self.exception());
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
                let fields = [status, ("code", code.clone()), ("message", message.clone())];
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
            code: code.cloned().unwrap_or_default(),
            message: Data::from(refused.message),
            field: None,
        }
    }
}
