//! Socket.IO: namespaces, the sockets in them, and their packets.

mod ack;
mod client;
mod connect;
mod namespace;
mod peer;
mod receive;
mod recovery;

pub(super) use ack::{Ack, Answer};
pub(super) use client::{Call, Close, Socket, SocketId, User, encode_as_text, encode_packet};
pub(super) use connect::{Refused, RefusedAccess, connect_by_default};
pub(super) use namespace::{Namespace, Namespaces};
pub(super) use peer::{Membership, Peer};
pub(super) use receive::{InvalidMessage, receive, receive_at_once};
pub(super) use recovery::KeptSession;
