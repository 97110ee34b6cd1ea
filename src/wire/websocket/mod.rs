//! RFC 6455: the opening handshake, frames and messages, close codes, and RFC 7692 compression.

mod close;
mod deflate;
mod extension;
mod frame;
mod handshake;
mod message;
mod misbehaviour;
#[cfg(test)]
mod properties;
mod role;
mod utf8;

pub use close::{CloseCode, CloseReason};
pub use deflate::Deflate;
pub use extension::{DeflateOffer, Extension};
pub use frame::{Frame, FrameError, LengthEncoding, OpCode, RawFrame};
pub use handshake::{HandshakeError, HandshakeRequest, HandshakeResponse, accept_key};
pub use message::{Message, MessageAssembler};
pub use misbehaviour::PeerMisbehaved;
pub use role::Role;
