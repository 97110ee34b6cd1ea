//! Engine.IO messages to packets (Socket.IO v5, "Packet encoding").

use bytes::Bytes;

use super::Packet;

/// What one packet may cost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Attachments of one packet.
    pub attachments: usize,
    /// Bytes of all attachments of one packet together.
    pub attachment_bytes: usize,
}

/// Why a message is no packet.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The rule broken, and where in the text.
    #[error("{rule} at byte {offset}")]
    Syntax {
        /// What is wrong, as a fragment: "unknown packet type '9'".
        rule: String,
        /// Bytes from the start of the text.
        offset: usize,
    },
    /// A text message while attachments are awaited.
    #[error("text arrived while {missing} attachments were still awaited")]
    TextInsteadOfAttachment {
        /// How many attachments are missing.
        missing: usize,
    },
    /// A binary message that no packet announced.
    #[error("binary message without a packet that announced it")]
    UnexpectedBinary,
    /// A placeholder that points to no attachment.
    #[error("placeholder number {num} with {attachments} attachments")]
    Placeholder {
        /// The number in the placeholder, as JSON.
        num: String,
        /// How many attachments there are.
        attachments: usize,
    },
    /// More than the limits allow.
    #[error("{what} exceeds the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// Puts packets together, one decoder per connection and direction.
#[derive(Debug)]
pub struct Decoder {
    #[expect(dead_code, reason = "skeleton")]
    limits: Limits,
}

impl Decoder {
    /// A decoder that awaits a packet.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Takes the text of one Engine.IO message; gives the packet if no attachment is awaited.
    ///
    /// # Errors
    ///
    /// See [`DecodeError`].
    pub fn text(&mut self, text: &str) -> Result<Option<Packet>, DecodeError> {
        let _ = text;
        todo!()
    }

    /// Takes one binary Engine.IO message; gives the packet that it completes.
    ///
    /// # Errors
    ///
    /// See [`DecodeError`].
    pub fn binary(&mut self, attachment: Bytes) -> Result<Option<Packet>, DecodeError> {
        let _ = attachment;
        todo!()
    }

    /// How many attachments are still awaited.
    pub fn awaited(&self) -> usize {
        todo!()
    }
}
