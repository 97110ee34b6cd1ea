//! Engine.IO: sessions, their two transports, the upgrade between them, and the heartbeat.

mod closing_handshake;
mod echo;
mod ending;
mod enveloped;
mod frame_stream;
mod heartbeat;
mod jsonp;
mod outbound;
mod polling;
mod pulse;
mod queue;
mod random_id;
mod receive;
mod request;
mod session;
mod session_handler;
mod sessions;
mod upgrade;
mod upgraded;
mod websocket;

pub(super) use ending::Ending;
pub(super) use jsonp::PollForm;
pub(super) use outbound::Outbound;
pub(super) use polling::{
    Payload, PayloadKind, PendingPost, Unserved, open as open_polling, poll, post,
};
pub(super) use queue::{Delivery, Sent};
pub(super) use random_id::random_id;
pub(super) use request::{Query, Revision, TokenSources};
pub(super) use session::{Session, TransportKind};
pub(super) use session_handler::{HandlerFactory, SessionHandler};
pub(super) use sessions::Sessions;
pub(super) use upgrade::Probing;
pub(super) use upgraded::{Upgraded, run_websocket};
