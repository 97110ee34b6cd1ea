//! The rules of RFC 6455 and RFC 7692 that a peer can break.

use super::FrameError;

/// A rule of RFC 6455 or RFC 7692 that the peer broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// A close frame carries a code that must not be sent (RFC 6455 section 7.4).
    #[error("close code {0} is not allowed in a close frame")]
    CloseCodeNotAllowed(u16),
    /// The payload of a close frame is shorter than a close code (RFC 6455 section 5.5.1).
    #[error("close frame carries a single byte")]
    ClosePayloadOfOneByte,
    /// A continuation frame arrived although no message was begun (RFC 6455 section 5.4).
    #[error("continuation frame without an unfinished message")]
    ContinuationOfNothing,
    /// A control frame is a fragment (RFC 6455 section 5.5).
    #[error("control frame is fragmented")]
    ControlFrameFragmented,
    /// A control frame has more than 125 bytes of payload (RFC 6455 section 5.5).
    #[error("control frame carries {0} bytes, more than 125")]
    ControlFrameTooLong(usize),
    /// The data of a compressed message is not valid deflate data (RFC 7692 section 7.2).
    #[error("compressed message can't be inflated")]
    DeflateData,
    /// The bytes are not a legal frame (RFC 6455 section 5.2).
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The server masked a frame (RFC 6455 section 5.1).
    #[error("frame from the server is masked")]
    MaskedFrame,
    /// A message exceeds the size limit of this side; the RFC sets no limit.
    #[error("message exceeds the limit of {limit} bytes")]
    MessageTooLarge {
        /// The size limit of a message, in bytes.
        limit: usize,
    },
    /// A text or binary frame arrived before the last fragment of the previous message (RFC 6455 section 5.4).
    #[error("a message starts before the previous one has ended")]
    MessageInsideMessage,
    /// The payload of a text message is not UTF-8 (RFC 6455 section 8.1).
    #[error("text is not UTF-8")]
    NotUtf8,
    /// A reserved bit is set although no negotiated extension uses it (RFC 6455 section 5.2).
    #[error("reserved bits {0:#05b} are set without an extension that uses them")]
    ReservedBits(u8),
    /// The frame has an opcode that the RFC reserves (RFC 6455 section 5.2).
    #[error("opcode {0:#x} is reserved")]
    ReservedOpCode(u8),
    /// A message has more fragments than this side accepts; the RFC sets no limit.
    #[error("message has more than {limit} fragments")]
    TooManyFragments {
        /// The largest number of fragments of one message that this side accepts.
        limit: usize,
    },
    /// The client sent a frame without a mask (RFC 6455 section 5.1).
    #[error("frame from the client is not masked")]
    UnmaskedFrame,
}
