//! The commands that a connection handle sends to the connection's task.

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::clock::Moment;
use crate::wire::{Utf8Bytes, engine_io::Packet, websocket::RawFrame};

/// A command to the task of a connection, and the time at which the owner of the connection gave it.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) at: Moment,
    pub(super) command: Command,
}

/// One command to the task of a connection.
#[derive(Debug)]
pub(super) enum Command {
    /// Write raw bytes to the stream.
    Bytes {
        /// The raw bytes to write to the stream.
        bytes: Bytes,
        /// The number of bytes per write; `None` writes everything at once.
        chop: Option<usize>,
    },
    /// End the connection.
    End(DropHow),
    /// Close the sending side of the stream; keep receiving.
    HalfClose,
    /// Send one frame. The frame is boxed because each idle connection holds a block of commands in memory.
    Frame {
        /// The frame to send.
        frame: Box<RawFrame>,
        /// The number of bytes per write; `None` writes everything at once.
        chop: Option<usize>,
    },
    /// Send one or several Engine.IO packets.
    Packets {
        /// The packets in the order in which they are sent.
        packets: Vec<Packet>,
        /// Whether the packets may share a polling payload with other packets.
        payload: Payload,
    },
    /// Stop or resume reading.
    Reading(Reading),
    /// Send the text of one Engine.IO packet.
    Text(Utf8Bytes),
}

/// How the client ends a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DropHow {
    /// Send an Engine.IO close packet and a WebSocket close frame, then close the stream.
    Close,
    /// Close the TCP stream without an Engine.IO close packet or a WebSocket close frame.
    Drop,
    /// Reset the TCP stream (RST).
    Reset,
}

/// Whether the client reads from the stream.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reading {
    /// The client reads data as it arrives.
    #[default]
    GoesOn,
    /// The client reads nothing: data fills the socket buffers of both sides, then blocks the server.
    Stops,
}

/// How packets are grouped into polling payloads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Payload {
    /// The packets form a payload of their own: no other packet is added to it.
    Own,
    /// The packets share a payload with other packets that wait to be sent.
    Shared,
}

/// The queue of commands to the task of one connection. The queue has no limit, because a scenario sends a limited
/// number of commands, and because a send may not wait for a server that does not read.
pub(super) type Commands = UnboundedReceiver<Given>;
