//! The errors of the two Socket.IO decoders (JSON and msgpack).

use super::SyntaxRule;

/// The reason why a message is not a packet.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text breaks a rule of the protocol.
    #[error("{rule} at byte {offset}")]
    Syntax {
        /// The rule that the text breaks.
        rule: SyntaxRule,
        /// The position of the mistake, in bytes from the start of the text.
        offset: usize,
    },
    /// A text message arrived while the decoder still waited for attachments of a binary packet.
    #[error("text arrived while {missing} attachments were still awaited")]
    TextInsteadOfAttachment {
        /// The number of missing attachments.
        missing: usize,
    },
    /// A binary message arrived although no packet before it announced an attachment.
    #[error("binary message without a packet that announced it")]
    UnexpectedBinary,
    /// A text message arrived although the packets are encoded as msgpack.
    #[error("text message where packets are msgpack")]
    UnexpectedText,
    /// A placeholder's number refers to no attachment.
    #[error("placeholder number {num} with {attachments} attachments")]
    Placeholder {
        /// The number in the placeholder, as JSON.
        num: String,
        /// The number of attachments of the packet.
        attachments: usize,
    },
    /// The packet exceeds a limit of this decoder. The protocol has no such limit.
    #[error("{what} exceeds the limit of {limit}")]
    TooLarge {
        /// The part of the packet that is too large.
        what: &'static str,
        /// The limit that the packet exceeds.
        limit: usize,
    },
}
