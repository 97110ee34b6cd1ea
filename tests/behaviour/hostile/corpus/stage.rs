//! The stages of a connection at which a relay can interfere, and what it can do there.

use std::time::Duration;

use bytes::BytesMut;
use sockspec::wire::websocket::{Frame, OpCode};

use super::requests::{Request, Response};

/// The separator of packets in a polling payload.
const SEPARATOR: char = '\x1e';

/// When a relay interferes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    /// Before any byte of the client is read.
    Accept,
    /// At a frame of this kind.
    Frame(OpCode),
    /// At a packet with this beginning, over any transport.
    Packet(&'static str),
    /// At such a request. The response of the server is dropped.
    Request(Request),
    /// At the response to such a request.
    Response(Request),
    /// At a text frame with this beginning.
    Text(&'static str),
}

/// What a relay does in place of sending the server's bytes.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Sends the bytes of the server in pieces of one byte.
    ByBytes,
    /// Sends these bytes.
    Bytes(Vec<u8>),
    /// Sends these bytes slowly, one at a time.
    Drip(Vec<u8>),
    /// Sends the server's bytes, with each occurrence of the first text replaced by the second one. The length of a
    /// body or frame is adjusted.
    Edit(&'static str, String),
    /// Ends the connection.
    End,
    /// Sends these bytes again and again, as fast as the client takes them.
    Forever(Vec<u8>),
    /// Sends nothing more, and keeps the connection open.
    Hold,
    /// Sends the bytes of the server.
    Original,
    /// Sends these packets in place of the packet of the server. `{}` stands for that packet.
    Packets(Vec<String>),
    /// Waits.
    Pause(Duration),
    /// Sends these bytes so many times.
    Repeat(Vec<u8>, usize),
    /// Resets the connection.
    Reset,
}

/// A stage, and what a relay does there. After the last act, the relay goes on with the server's bytes.
#[derive(Clone, Debug)]
pub(super) struct Interference {
    pub(super) stage: Stage,
    pub(super) acts: Vec<Act>,
}

/// What the server sent at the stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Original {
    /// All bytes.
    pub(super) bytes: Vec<u8>,
    /// The response, if the server sent one.
    response: Option<Response>,
    /// The text of the frame or body.
    text: String,
    /// The packet at which the relay interferes.
    packet: String,
}

impl Interference {
    pub(super) fn concerns_response(&self, request: Request, original: &Original) -> bool {
        match &self.stage {
            Stage::Response(stage) => *stage == request,
            Stage::Packet(_) => !original.packet.is_empty(),
            Stage::Accept | Stage::Frame(_) | Stage::Request(_) | Stage::Text(_) => false,
        }
    }

    pub(super) fn concerns_frame(&self, frame: &Frame) -> bool {
        match &self.stage {
            Stage::Frame(opcode) => frame.opcode == *opcode,
            Stage::Packet(beginning) | Stage::Text(beginning) => {
                frame.opcode == OpCode::Text && frame.payload.starts_with(beginning.as_bytes())
            }
            Stage::Accept | Stage::Request(_) | Stage::Response(_) => false,
        }
    }
}

impl Original {
    pub(super) fn response(response: Response, interference: &Interference) -> Self {
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let packet = match &interference.stage {
            Stage::Packet(beginning) => text
                .split(SEPARATOR)
                .find(|packet| packet.starts_with(beginning))
                .unwrap_or_default()
                .to_owned(),
            Stage::Accept
            | Stage::Frame(_)
            | Stage::Request(_)
            | Stage::Response(_)
            | Stage::Text(_) => String::new(),
        };
        Self {
            bytes: [&*response.head, &*response.body].concat(),
            response: Some(response),
            text,
            packet,
        }
    }

    pub(super) fn frame(frame: &Frame) -> Self {
        let mut bytes = BytesMut::new();
        frame.encode(&mut bytes);
        let text = String::from_utf8_lossy(&frame.payload).into_owned();
        Self {
            bytes: bytes.to_vec(),
            response: None,
            packet: text.clone(),
            text,
        }
    }

    /// Returns the bytes that carry these packets in place of the server's packet.
    pub(super) fn rendered(&self, packets: &[String]) -> Vec<u8> {
        let packets = packets
            .iter()
            .map(|packet| packet.replace("{}", &self.packet));
        match &self.response {
            Some(response) => {
                let packets: Vec<_> = packets.collect();
                let instead = packets.join(&SEPARATOR.to_string());
                let body: Vec<_> = self
                    .text
                    .split(SEPARATOR)
                    .map(|packet| {
                        if packet == self.packet {
                            &instead
                        } else {
                            packet
                        }
                    })
                    .collect();
                response.with_body(body.join(&SEPARATOR.to_string()).as_bytes())
            }
            None => packets.flat_map(|packet| text_frame(&packet)).collect(),
        }
    }

    /// Returns the bytes with each occurrence of a text replaced.
    pub(super) fn edited(&self, from: &str, to: &str) -> Vec<u8> {
        match &self.response {
            Some(response) if self.text.contains(from) => {
                response.with_body(self.text.replace(from, to).as_bytes())
            }
            Some(_) => {
                let text = String::from_utf8_lossy(&self.bytes).replace(from, to);
                text.into_bytes()
            }
            None => text_frame(&self.text.replace(from, to)),
        }
    }
}

/// Returns a text frame.
pub(super) fn text_frame(text: &str) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    Frame::text(text).encode(&mut bytes);
    bytes.to_vec()
}
