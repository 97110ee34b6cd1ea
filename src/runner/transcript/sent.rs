//! What a client sent on one connection, as packets, and which answers belong to it.

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    packets::{Compressed, Sender, Writing},
    text::Text,
};
use crate::{
    client::{Layer, Outgoing},
    runner::{clients::Link, journal::message_packet::sent_packet},
    wire::{
        socket_io::{AckId, Decoder, Limits, Packet},
        websocket::OpCode,
    },
};

/// What the client asked the server for, with the slots in which it did: the answers belong to these slots.
#[derive(Default)]
pub(super) struct Asked {
    /// The slots of the events with an ack id that have no acknowledgement yet.
    events: HashMap<(String, AckId), usize>,
    /// The slots of the CONNECT packets that have no answer yet, the last one first.
    connects: HashMap<String, Vec<usize>>,
}

impl Asked {
    fn note(&mut self, packet: &Packet, slot: usize) {
        match packet {
            Packet::Event {
                namespace,
                id: Some(id),
                ..
            } => {
                self.events.insert((namespace.clone(), *id), slot);
            }
            Packet::Connect { namespace, .. } => {
                self.connects
                    .entry(namespace.clone())
                    .or_default()
                    .insert(0, slot);
            }
            Packet::Ack { .. }
            | Packet::ConnectError { .. }
            | Packet::Disconnect { .. }
            | Packet::Event { .. } => {}
        }
    }

    /// Returns the slot of what a packet answers. A CONNECT that answers nothing belongs to the slot in which the
    /// connection opened.
    pub(super) fn answered_by(&mut self, packet: &Packet, opened: usize) -> Option<usize> {
        match packet {
            Packet::Ack { namespace, id, .. } => self.events.remove(&(namespace.clone(), *id)),
            Packet::Connect { namespace, .. } | Packet::ConnectError { namespace, .. } => {
                let asked = self.connects.get_mut(namespace).and_then(Vec::pop);
                asked.or_else(|| self.connects.is_empty().then_some(opened))
            }
            Packet::Disconnect { .. } | Packet::Event { .. } => None,
        }
    }
}

/// Joins what a client sends to packets.
pub(super) struct SentPackets<'l> {
    link: &'l Link,
    /// Reads the attachments of the packets that steps send; `None` on connections on which a step writes each packet.
    decoder: Option<Decoder>,
    compressed: Compressed,
}

impl<'l> SentPackets<'l> {
    pub(super) fn of(link: &'l Link) -> Self {
        let has_packets =
            link.layer == Layer::SocketIo && link.envelopes.is_none() && !link.msgpack;
        Self {
            link,
            decoder: has_packets.then(|| Decoder::new(Limits::NONE)),
            compressed: Compressed::default(),
        }
    }

    /// Returns the lines for what the client sent: none for the head of a packet whose attachments follow.
    pub(super) fn read(
        &mut self,
        outgoing: &Outgoing,
        slot: usize,
        asked: &mut Asked,
        writing: &Writing<'_>,
    ) -> Option<Text> {
        match self.decode(outgoing) {
            Some(Ok(packet)) => {
                asked.note(&packet, slot);
                Some(writing.packet(&packet, Sender::Client))
            }
            Some(Err(Unfinished)) => None,
            None => {
                if let Some(packet) = sent_packet(self.link, outgoing) {
                    asked.note(&packet, slot);
                    if self.link.layer == Layer::SocketIo && self.link.envelopes.is_none() {
                        return Some(writing.packet(&packet, Sender::Client));
                    }
                }
                Some(self.written(outgoing, writing))
            }
        }
    }

    /// Returns what the client sent as it was written.
    fn written(&mut self, outgoing: &Outgoing, writing: &Writing<'_>) -> Text {
        match outgoing {
            Outgoing::Bytes(bytes) => writing.bytes(bytes),
            Outgoing::Frame(frame) => {
                let compression = self.compressed.next(frame);
                writing
                    .msgpack(&frame.payload, Sender::Client)
                    .unwrap_or_else(|| writing.frame(frame, compression))
            }
            Outgoing::Http { method, target, .. } => writing.plain(&format!("{method} {target}")),
            Outgoing::Packet(text) => {
                let bytes = text
                    .strip_prefix('b')
                    .and_then(|digits| BASE64_STANDARD.decode(digits).ok());
                bytes
                    .and_then(|bytes| writing.msgpack(&bytes, Sender::Client))
                    .unwrap_or_else(|| writing.wire(text, Sender::Client))
            }
        }
    }

    /// Returns the packet that is complete, or that more of it follows. Returns `None` for what is no packet.
    fn decode(&mut self, outgoing: &Outgoing) -> Option<Result<Packet, Unfinished>> {
        let decoder = self.decoder.as_mut()?;
        let decoded = match outgoing {
            Outgoing::Packet(text) => match (text.strip_prefix('4'), text.strip_prefix('b')) {
                (Some(message), _) => decoder.text(message),
                (None, Some(digits)) => decoder.binary(BASE64_STANDARD.decode(digits).ok()?.into()),
                (None, None) => return None,
            },
            Outgoing::Frame(frame) if frame.opcode == OpCode::Binary => {
                // In revision 3, a byte with the type of the packet comes before the content.
                let skipped = if self.link.eio == 3 { 1 } else { 0 };
                let skipped = skipped.min(frame.payload.len());
                decoder.binary(frame.payload.slice(skipped..))
            }
            Outgoing::Bytes(_) | Outgoing::Frame(_) | Outgoing::Http { .. } => return None,
        };
        match decoded {
            Ok(Some(packet)) => Some(Ok(packet)),
            Ok(None) => Some(Err(Unfinished)),
            Err(_) => {
                // A scenario can write an illegal packet on purpose. The next packet is read anew.
                *decoder = Decoder::new(Limits::NONE);
                None
            }
        }
    }
}

/// The attachments of a packet follow.
struct Unfinished;
