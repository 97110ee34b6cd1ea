//! The rules of RFC 6455 and RFC 7692 that a peer can break.

use super::FrameError;

/// A rule of RFC 6455 or RFC 7692 that the peer broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// RFC 6455 section 7.4.
    #[error("close code {0} must not stand in a close frame")]
    CloseCodeNotAllowed(u16),
    /// RFC 6455 section 5.5.1.
    #[error("close frame carries a single byte")]
    ClosePayloadOfOneByte,
    /// RFC 6455 section 5.4.
    #[error("continuation frame without a message under way")]
    ContinuationOfNothing,
    /// RFC 6455 section 5.5.
    #[error("control frame is fragmented")]
    ControlFrameFragmented,
    /// RFC 6455 section 5.5.
    #[error("control frame carries {0} bytes, more than 125")]
    ControlFrameTooLong(usize),
    /// RFC 7692 section 7.2.
    #[error("compressed message can't be inflated")]
    DeflateData,
    /// RFC 6455 section 5.2.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// RFC 6455 section 5.1.
    #[error("frame from the server is masked")]
    MaskedFrame,
    /// A message over this side's limit.
    #[error("message exceeds the limit of {limit} bytes")]
    MessageTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// RFC 6455 section 5.4.
    #[error("a message starts before the one under way has ended")]
    MessageInsideMessage,
    /// RFC 6455 section 8.1.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// RFC 6455 section 5.2.
    #[error("reserved bits {0:#05b} are set without an extension that uses them")]
    ReservedBits(u8),
    /// RFC 6455 section 5.2.
    #[error("opcode {0:#x} is reserved")]
    ReservedOpCode(u8),
    /// RFC 6455 section 5.1.
    #[error("frame from the client is not masked")]
    UnmaskedFrame,
}
