//! The WebSocket frames that steps expect or forbid.

use crate::scenario::Matcher;

/// An expectation of a received WebSocket frame.
#[derive(Clone, Debug, Default)]
pub struct FramePattern {
    /// The expected opcode (`opcode:`).
    pub opcode: Option<u8>,
    /// The expected FIN bit (`fin:`).
    pub fin: Option<bool>,
    /// The expected RSV bits (`rsv:`).
    pub rsv: Option<u8>,
    /// The expected payload (`payload:`). A received payload in UTF-8 is compared as text, any other as bytes.
    pub payload: Option<Matcher>,
}
