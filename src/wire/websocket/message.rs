//! From frames to messages: the rules of RFC 6455 sections 5.1 to 5.5 and 8.1.

use bytes::Bytes;

use super::{super::Utf8Bytes, CloseReason, Frame, FrameError};

/// Which side of the connection receives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Frames from the server must not be masked (RFC 6455 section 5.1).
    Client,
    /// Frames from the client must be masked (RFC 6455 section 5.1).
    Server,
}

/// A whole message or control frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// Bytes.
    Binary(Bytes),
    /// The close frame.
    Close(CloseReason),
    /// A ping and what it carries.
    Ping(Bytes),
    /// A pong and what it carries.
    Pong(Bytes),
    /// Text.
    Text(Utf8Bytes),
}

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

/// Puts fragments together and holds every frame against the rules.
#[derive(Debug)]
pub struct MessageAssembler {
    #[expect(dead_code, reason = "skeleton")]
    role: Role,
}

impl MessageAssembler {
    /// An assembler for the side `role` that takes messages of at most `max_message` bytes.
    ///
    /// With `deflate`, a message whose first frame has RSV1 set is inflated (RFC 7692 section 6.2).
    pub fn new(role: Role, max_message: usize, deflate: Option<super::Deflate>) -> Self {
        let _ = (max_message, deflate);
        Self { role }
    }

    /// Takes the next frame; gives the message that it completes.
    ///
    /// # Errors
    ///
    /// The rule that the frame breaks. The connection must be failed then (RFC 6455 section 7.1.7).
    pub fn push(&mut self, frame: Frame) -> Result<Option<Message>, PeerMisbehaved> {
        let _ = frame;
        todo!()
    }
}
