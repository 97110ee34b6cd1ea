//! How a target reports.

/// Where replies of handlers show.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Replies {
    /// In the ack.
    #[default]
    Ack,
    /// In the ack and as an event.
    Both,
    /// As an event.
    Event,
}

/// Where refusals show.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ErrorStyle {
    /// The ack holds `{error: {code, message}}` or `{success: false, error}`.
    #[default]
    Ack,
    /// An `exception` event `{status, message, code?}`, no ack.
    Exception,
    /// NestJS 11: `exception` with `{status, message, cause: {pattern, data}}`.
    Nestjs11,
}

/// How a target reports.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Dialect {
    /// Where replies show.
    pub replies: Replies,
    /// Where refusals show.
    pub errors: ErrorStyle,
    /// The endpoint is a bare WebSocket, without Engine.IO.
    pub plain_websocket: bool,
}
