//! Socket.IO: namespaces, the sockets in them, and their packets.

mod ack;
mod call;
mod client;
mod connect;
mod id;
mod namespace;
mod peer;
mod peer_factory;
mod questions;
mod receive;
mod recovery;
mod refused;
mod user;

pub(super) use ack::Ack;
pub(super) use call::Call;
pub(super) use client::{Close, Socket, encode_as_text, encode_packet};
pub(super) use connect::{RefusedAccess, connect_by_default, connect_by_path};
pub(super) use id::SocketId;
pub(super) use namespace::{Departed, LeaveHandler, Namespace, Namespaces, Rooms};
pub(super) use peer::{Membership, Peer, only_namespace};
pub(super) use peer_factory::PeerFactory;
pub(super) use questions::Answer;
pub(super) use receive::{InvalidMessage, receive, receive_at_once};
pub(super) use recovery::KeptSession;
pub(super) use refused::Refused;
pub(super) use user::User;
