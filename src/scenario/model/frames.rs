//! WebSocket frames as steps observe them.

use crate::scenario::Matcher;

/// What a WebSocket frame must look like.
#[derive(Clone, Debug, Default)]
pub struct FramePattern {
    /// `opcode:`.
    pub opcode: Option<u8>,
    /// `fin:`.
    pub fin: Option<bool>,
    /// `rsv:`.
    pub rsv: Option<u8>,
    /// `payload:`, text where it is UTF-8, bytes else.
    pub payload: Option<Matcher>,
}
