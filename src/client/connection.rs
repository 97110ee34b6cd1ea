//! The handle to one connection.

use std::sync::Arc;

use bytes::Bytes;

use super::{ConnectFailure, Endpoint, Journal, Options};
use crate::wire::{engine_io, socket_io, websocket::RawFrame};

/// How this side ends a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DropHow {
    /// Engine.IO close packet and WebSocket close frame, as a client leaves politely.
    Close,
    /// The TCP stream ends.
    Drop,
    /// The TCP stream is reset.
    Reset,
}

/// One open connection; it ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    journal: Arc<Journal>,
}

impl Connection {
    /// Opens a connection and waits for its handshake: the open packet, the 101, or the TCP stream.
    ///
    /// # Errors
    ///
    /// What was awaited and what came instead.
    pub async fn open(endpoint: &Endpoint, options: Options) -> Result<Self, ConnectFailure> {
        let _ = (endpoint, options);
        todo!()
    }

    /// What went over the connection.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// The open packet, where one was received.
    pub fn handshake(&self) -> Option<&engine_io::Handshake> {
        todo!()
    }

    /// Sends a Socket.IO packet. Sending on a connection that has ended does nothing.
    pub fn send(&self, packet: &socket_io::Packet) {
        let _ = packet;
        todo!()
    }

    /// Sends Engine.IO packets, over polling as one payload.
    pub fn send_packets(&self, packets: Vec<engine_io::Packet>) {
        let _ = packets;
        todo!()
    }

    /// Sends text as one Engine.IO packet (a text frame; the body of a POST), as it stands.
    pub fn send_text(&self, text: String) {
        let _ = text;
        todo!()
    }

    /// Sends a frame, written in pieces of `chop` bytes if set.
    pub fn send_frame(&self, frame: RawFrame, chop: Option<usize>) {
        let _ = (frame, chop);
        todo!()
    }

    /// Sends raw bytes.
    pub fn send_bytes(&self, bytes: Bytes, chop: Option<usize>) {
        let _ = (bytes, chop);
        todo!()
    }

    /// Ends the connection; returns when the stream is gone.
    pub async fn end(&self, how: DropHow) {
        let _ = how;
        todo!()
    }
}
