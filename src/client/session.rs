//! An Engine.IO session as the client sees it, over any transport.

use std::{sync::Arc, time::Duration};

use super::{Ended, EndedHow, Envelopes, Exceeded, Layer, Options, What, recorder::Recorder};
use crate::wire::{
    Utf8Bytes,
    engine_io::{Handshake, OpenPacketError, Packet, PacketData, PacketError, PacketType, v3},
    socket_io::{self, DecodeError, Decoder, Limits, msgpack},
};

/// The limit on attachments that one packet may announce.
const ATTACHMENTS: usize = 1_000;

/// The limit on an open packet, in bytes. Every client keeps its open packet in memory.
const OPEN_PACKET: usize = 64 << 10;

/// The protocol revision of Engine.IO.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Revision {
    /// Engine.IO revision 3: the client sends pings.
    Three,
    /// Engine.IO revision 4: the server sends pings.
    Four,
}

impl Revision {
    /// Returns the revision of `options.eio`. An unknown number is treated as 4.
    pub(super) fn of(options: &Options) -> Self {
        if options.eio == 3 {
            Self::Three
        } else {
            Self::Four
        }
    }
}

/// Whether the server's open packet has arrived.
#[derive(Debug)]
enum Opening {
    Awaited,
    Done,
    /// The server's first packet is larger than the limit on an open packet.
    TooLarge,
    Wrong {
        error: OpenPacketError,
        came: String,
    },
}

/// Handles incoming packets: records those of the chosen layer in the journal and collects the answers that the
/// protocol requires.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) recorder: Recorder,
    pub(super) revision: Revision,
    layer: Layer,
    heartbeat: bool,
    msgpack: bool,
    envelopes: Option<Envelopes>,
    limits: Limits,
    decoder: Decoder,
    opening: Opening,
    handshake: Option<Arc<Handshake>>,
    /// The packets that the client has to send in answer to received packets, such as a pong.
    answers: Vec<Packet>,
    /// The end of the session, set when the server sends a close packet.
    closed: Option<Ended>,
}

impl Session {
    pub(super) fn new(options: &Options, recorder: Recorder) -> Self {
        let limits = Limits {
            attachments: ATTACHMENTS,
            attachment_bytes: options.bounds.message,
        };
        let is_open_awaited = options.session.is_none()
            && options.envelopes.is_none()
            && matches!(options.layer, Layer::EngineIo | Layer::SocketIo);
        let mut recorder = recorder;
        if let Some(envelopes) = &options.envelopes
            && options.layer == Layer::SocketIo
        {
            // A plain WebSocket has no reply to CONNECT: a client that is connected has joined.
            recorder.record(
                What::Socket(socket_io::Packet::Connect {
                    namespace: envelopes.namespace().to_owned(),
                    payload: None,
                }),
                0,
            );
        }
        Self {
            recorder,
            revision: Revision::of(options),
            layer: options.layer,
            heartbeat: options.heartbeat,
            msgpack: options.msgpack,
            envelopes: options.envelopes.clone(),
            limits,
            decoder: Decoder::new(limits),
            opening: if is_open_awaited {
                Opening::Awaited
            } else {
                Opening::Done
            },
            handshake: None,
            answers: Vec::new(),
            closed: None,
        }
    }

    /// Returns true if the open packet has not arrived yet.
    ///
    /// # Errors
    ///
    /// Returns what arrived in place of the open packet.
    pub(super) fn awaits_open(&self) -> Result<bool, super::ConnectFailure> {
        match &self.opening {
            Opening::Awaited => Ok(true),
            Opening::Done => Ok(false),
            Opening::TooLarge => Err(super::ConnectFailure::TooLarge {
                what: super::failure::OPEN_PACKET,
                limit: OPEN_PACKET,
            }),
            Opening::Wrong { error, came } => Err(super::ConnectFailure::OpenPacket {
                error: error.clone(),
                came: came.clone(),
            }),
        }
    }

    /// Returns the open packet; `None` before it has arrived.
    pub(super) fn handshake(&self) -> Option<&Handshake> {
        self.handshake.as_deref()
    }

    /// Returns the open packet in an `Arc`, so that the caller can keep it; `None` before it has arrived.
    pub(super) fn shared_handshake(&self) -> Option<Arc<Handshake>> {
        self.handshake.clone()
    }

    /// Returns the client's ping interval; `None` in revision 4, where the server sends the pings.
    pub(super) fn ping_every(&self) -> Option<Duration> {
        let pings = self.heartbeat && self.revision == Revision::Three;
        // At least 10 ms, so that the client does not flood a server that announces an interval of 0 with pings.
        self.handshake
            .as_ref()
            .filter(|_| pings)
            .map(|handshake| handshake.ping_interval.max(Duration::from_millis(10)))
    }

    /// Returns the packets that the client has to send in answer to received packets, such as a pong, and forgets them.
    pub(super) fn take_answers(&mut self) -> Vec<Packet> {
        std::mem::take(&mut self.answers)
    }

    /// Returns the end of the session if the server has sent a close packet. Later calls return `None`.
    pub(super) fn take_closed(&mut self) -> Option<Ended> {
        self.closed.take()
    }

    /// Decodes a WebSocket message as an Engine.IO packet and handles the packet.
    pub(super) fn message(&mut self, data: PacketData) {
        if self.layer == Layer::WebSocket || self.envelopes.is_some() {
            self.plain_message(data);
            return;
        }
        let (packet, raw) = match data {
            PacketData::Text(text) => (Packet::decode_text(text.clone()), text.into_bytes()),
            PacketData::Binary(bytes) => match self.revision {
                Revision::Four => (Ok(Packet::binary(bytes)), bytes::Bytes::new()),
                Revision::Three => (v3::decode_binary(bytes.clone()), bytes),
            },
        };
        match packet {
            Ok(packet) => self.packet(packet),
            Err(error) => self.record_invalid_packet(error, &raw),
        }
    }

    /// Records a message of a plain WebSocket: the events in it, or the message itself if it is no envelope. A connection
    /// that does not decode events otherwise has both in its journal.
    fn plain_message(&mut self, data: PacketData) {
        let packets = match (&self.envelopes, &data) {
            (Some(envelopes), PacketData::Text(text)) => envelopes.decode(text),
            (Some(_), PacketData::Binary(_)) | (None, _) => Vec::new(),
        };
        if packets.is_empty() || self.layer == Layer::WebSocket {
            let bytes = length(&data);
            self.recorder.record(What::Message(data), bytes);
        }
        for packet in packets {
            self.recorder.record(What::Socket(packet), 0);
        }
    }

    /// Records a message that can't be decoded as an Engine.IO packet.
    fn record_invalid_packet(&mut self, error: PacketError, raw: &[u8]) {
        self.recorder.illegal(error, raw);
        if matches!(self.opening, Opening::Awaited) {
            let start = raw.get(..OPEN_PACKET).unwrap_or(raw);
            self.opening = wrong_kind(String::from_utf8_lossy(start).into_owned());
        }
    }

    /// Handles an Engine.IO packet: records it, and queues the answer that the protocol requires.
    pub(super) fn packet(&mut self, packet: Packet) {
        if matches!(self.opening, Opening::Awaited) {
            self.open(&packet);
        }
        match packet.kind {
            PacketType::Message if self.layer == Layer::SocketIo => {
                self.socket_io(packet.data);
                return;
            }
            PacketType::Ping if self.heartbeat && self.revision == Revision::Four => {
                self.answers.push(Packet::text(PacketType::Pong, ""));
            }
            PacketType::Close => {
                self.closed = Some(Ended {
                    how: EndedHow::ClosePacket,
                    code: None,
                    reason: String::new(),
                    by_us: false,
                    kept_open: false,
                });
            }
            _ => {}
        }
        let bytes = length(&packet.data);
        self.recorder.record(What::Packet(packet), bytes);
    }

    fn open(&mut self, packet: &Packet) {
        let is_too_large = length(&packet.data) > OPEN_PACKET;
        let (PacketType::Open, PacketData::Text(data)) = (packet.kind, &packet.data) else {
            self.opening = wrong_kind(packet.encode_text().to_string());
            return;
        };
        self.opening = match Handshake::decode(data) {
            // A valid open packet that is too large exceeds only a limit of sockspec. An invalid open packet is the
            // server's mistake, however large it is.
            Ok(_) if is_too_large => Opening::TooLarge,
            Ok(handshake) => {
                self.handshake = Some(Arc::new(handshake));
                Opening::Done
            }
            Err(error) => Opening::Wrong {
                error,
                came: packet.encode_text().to_string(),
            },
        };
    }

    fn socket_io(&mut self, data: PacketData) {
        let decoded = match &data {
            PacketData::Text(_) if self.msgpack => Err(DecodeError::UnexpectedText),
            PacketData::Text(text) => self.text(text),
            PacketData::Binary(bytes) if self.msgpack => msgpack::decode(bytes).map(Some),
            PacketData::Binary(bytes) => self.decoder.binary(bytes.clone()),
        };
        match decoded {
            // The payload counts as 0 bytes, because the journal does not keep it. The recorder counts the packet's
            // decoded values.
            Ok(Some(packet)) => self.recorder.record(What::Socket(packet), 0),
            Ok(None) => {}
            Err(error) => {
                self.decoder = Decoder::new(self.limits);
                self.illegal(error, data);
            }
        }
    }

    /// Decodes the text of a Socket.IO packet. If attachments of the previous packet are missing, records that error,
    /// then decodes `text` as a packet of its own.
    fn text(&mut self, text: &Utf8Bytes) -> Result<Option<socket_io::Packet>, DecodeError> {
        match self.decoder.text(text) {
            Err(error @ DecodeError::TextInsteadOfAttachment { .. }) => {
                self.illegal(error, PacketData::Text(text.clone()));
                self.decoder = Decoder::new(self.limits);
                self.decoder.text(text)
            }
            decoded => decoded,
        }
    }

    fn illegal(&mut self, error: DecodeError, data: PacketData) {
        if let DecodeError::TooLarge { .. } = error {
            self.recorder.oversize(Exceeded::Packet(error));
            return;
        }
        let raw = match data {
            PacketData::Binary(bytes) => bytes,
            PacketData::Text(text) => text.into_bytes(),
        };
        self.recorder.illegal(error, &raw);
    }
}

fn wrong_kind(came: String) -> Opening {
    Opening::Wrong {
        error: OpenPacketError::Field {
            field: "type",
            found: came
                .chars()
                .next()
                .map_or_else(|| "absent".to_owned(), |first| format!("{first:?}")),
            expected: "'0'",
        },
        came,
    }
}

fn length(data: &PacketData) -> usize {
    match data {
        PacketData::Binary(bytes) => bytes.len(),
        PacketData::Text(text) => text.len(),
    }
}
