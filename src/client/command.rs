//! What a handle asks of its connection's task.

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedReceiver;

use super::DropHow;
use crate::wire::{Utf8Bytes, engine_io::Packet, websocket::RawFrame};

/// One thing to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Raw bytes.
    Bytes {
        /// What to write.
        bytes: Bytes,
        /// Bytes of one write.
        chop: Option<usize>,
    },
    /// The end.
    End(DropHow),
    /// The end of this side of the stream; the other goes on.
    HalfClose,
    /// One frame; boxed, since commands wait in blocks whose size every idle connection pays.
    Frame {
        /// The frame.
        frame: Box<RawFrame>,
        /// Bytes of one write.
        chop: Option<usize>,
    },
    /// Engine.IO packets.
    Packets {
        /// In order.
        packets: Vec<Packet>,
        /// With whom they share a polling payload.
        payload: Payload,
    },
    /// Whether what arrives is read.
    Reading(Reading),
    /// One Engine.IO packet's text.
    Text(Utf8Bytes),
}

/// Whether this side reads what arrives.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reading {
    /// At once.
    #[default]
    GoesOn,
    /// Not at all: it waits in the buffers of both systems, and then in the peer.
    Stops,
}

/// How packets become polling payloads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Payload {
    /// A payload of their own.
    Own,
    /// One with whatever else is waiting.
    Shared,
}

/// Commands in order. Unbounded: they come from our own scenario, whose length bounds them, and
/// sending must not wait for a server that doesn't read.
pub(super) type Commands = UnboundedReceiver<Command>;
