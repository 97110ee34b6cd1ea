//! From the journals of a client to the lines of its lane.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytes::BytesMut;
use tokio::time::Instant;

use super::{
    packets::{Compressed, Compression, Sender, Writing, end},
    sent::{Asked, SentPackets},
    slots::Slots,
    text::Text,
};
use crate::{
    client::{Entry, Journal, Layer, Outgoing, What},
    clock::Moment,
    runner::{
        clients::{Client, Link},
        journal::{
            message_packet::packet_in,
            unrelated::{is_own, is_unrelated, is_unrelated_message},
        },
        play::attempt::Attempt,
        silence::is_invisible,
        waiting::ping::is_fence,
    },
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{AckId, Packet},
        websocket::{Frame, OpCode},
    },
};

/// One line of a lane.
#[derive(Debug)]
pub(super) struct Draft {
    /// The number of the slot; `None` for what no step received.
    pub(super) slot: Option<usize>,
    /// The connection and the journal entry, which give the order in a slot.
    pub(super) place: (usize, usize),
    pub(super) received: bool,
    pub(super) text: Text,
}

/// What the lines of a connection are made from.
pub(super) struct Reader<'a> {
    attempt: &'a Attempt<'a>,
    slots: &'a Slots,
    writing: Writing<'a>,
    /// The time at which the runner began to disconnect the clients. Later traffic is left out.
    over: Option<Instant>,
}

/// What a step received of a journal, and which packets belong to fences.
struct Marks {
    /// For each entry that a step received, the time at which the step did so.
    noted: HashMap<usize, Instant>,
    fences: HashSet<AckId>,
    fence_requests: Vec<[Instant; 2]>,
    fence_answers: HashSet<usize>,
    /// Whether a step received a frame with data. The lane then shows frames, not the messages in them.
    shows_frames: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(attempt: &'a Attempt<'a>, slots: &'a Slots, writing: Writing<'a>) -> Self {
        Self {
            attempt,
            slots,
            writing,
            over: attempt.notes().over,
        }
    }

    /// Returns the lines of a client's lane, in the order of its connections.
    pub(super) fn of_client(&self, client: &Client) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (number, journal) in client.unopened().iter().enumerate() {
            self.of_unopened(number, journal, &mut drafts);
        }
        let first = drafts.len();
        for (number, link) in client.links().iter().enumerate() {
            self.of_link(first + number, link, &mut drafts);
        }
        drafts
    }

    /// Adds the lines of a connection that did not open: the request and its response.
    fn of_unopened(&self, number: usize, journal: &Journal, drafts: &mut Vec<Draft>) {
        for (index, entry) in journal.entries().iter().enumerate() {
            let (received, text) = match &entry.what {
                What::Http(response) => (true, self.writing.response(response)),
                What::Sent(Outgoing::Http {
                    method,
                    target,
                    body,
                }) => (false, self.request(method, target, body)),
                What::Illegal { illegal, .. } => {
                    (true, self.writing.plain(&format!("illegal: {illegal}")))
                }
                _ => continue,
            };
            drafts.push(Draft {
                slot: Some(self.slots.number_at(entry.at)),
                place: (number, index),
                received,
                text,
            });
        }
    }

    /// Returns the lines of the requests of `http` steps and of their responses.
    pub(super) fn of_http_steps(&self) -> Vec<Draft> {
        let notes = self.attempt.notes();
        let mut drafts = Vec::new();
        for (number, exchange) in notes.exchanges.iter().enumerate() {
            let response = match &exchange.response {
                Ok(response) => self.writing.response(response),
                Err(failure) => self.writing.plain(&format!("no response: {failure}")),
            };
            let request = self.writing.plain(&exchange.request);
            for (received, text) in [(false, request), (true, response)] {
                drafts.push(Draft {
                    slot: Some(self.slots.number_at(exchange.asked_at)),
                    place: (number, usize::from(received)),
                    received,
                    text,
                });
            }
        }
        drafts
    }

    fn request(&self, method: &str, target: &str, body: &[u8]) -> Text {
        let mut text = self.writing.plain(&format!("{method} {target}"));
        if !body.is_empty() {
            text.push(" | ");
            text.append(self.writing.bytes(body));
        }
        text
    }

    /// Returns true if an entry is from the time after the last step, in which the clients disconnect.
    fn is_over_at(&self, entry: &Entry) -> bool {
        let time = entry.commanded.map_or(entry.at, Moment::instant);
        self.over.is_some_and(|over| time > over)
    }

    /// Adds the lines of one connection.
    fn of_link(&self, number: usize, link: &Link, drafts: &mut Vec<Draft>) {
        let marks = Marks::of(link);
        let entries = link.connection.journal().entries();
        let opened = entries
            .first()
            .map_or(0, |entry| self.slots.number_at(entry.at));
        let mut asked = Asked::default();
        let mut sent = SentPackets::of(link);
        let mut compressed = Compressed::default();
        for (index, entry) in entries.iter().enumerate() {
            if self.is_over_at(entry) {
                continue;
            }
            let place = (number, index);
            if let What::Sent(outgoing) = &entry.what {
                let Some(commanded) = entry.commanded.map(Moment::instant) else {
                    continue;
                };
                if marks.is_of_fence(outgoing, commanded) {
                    continue;
                }
                let slot = self.slots.number_at(commanded);
                if let Some(text) = sent.read(outgoing, slot, &mut asked, &self.writing) {
                    drafts.push(Draft {
                        slot: Some(slot),
                        place,
                        received: false,
                        text,
                    });
                }
                continue;
            }
            let compression = match &entry.what {
                What::Frame(frame) => compressed.next(frame),
                _ => Compression::Off,
            };
            let Some(text) = self.received(link, &marks, (index, entry), compression) else {
                continue;
            };
            let noted = marks
                .noted
                .get(&index)
                .map(|time| self.slots.number_at(*time));
            let slot = noted.or_else(|| match &entry.what {
                What::Socket(packet) => asked.answered_by(packet, opened),
                What::Packet(_) if link.is_own_open_packet(index, entry) => Some(opened),
                What::Ended(ended) if ended.by_us => Some(self.slots.number_at(entry.at)),
                _ => None,
            });
            drafts.push(Draft {
                slot,
                place,
                received: true,
                text,
            });
        }
        if link.layer == Layer::Tcp {
            self.join_bytes(number, &entries, &marks, drafts);
        }
    }

    /// Adds all bytes that a bare TCP connection received as one line. They came in any number of pieces.
    fn join_bytes(&self, number: usize, entries: &[Entry], marks: &Marks, drafts: &mut Vec<Draft>) {
        let mut all = BytesMut::new();
        for entry in entries {
            if let What::Bytes(bytes) = &entry.what
                && self.over.is_none_or(|over| entry.at <= over)
            {
                all.extend_from_slice(bytes);
            }
        }
        // A client that resets its connection may or may not read what the server has sent just before.
        let is_ours = matches!(
            entries.last().map(|entry| &entry.what),
            Some(What::Ended(ended)) if ended.by_us && self.over.is_none_or(|over| entries.last().is_some_and(|entry| entry.at <= over))
        );
        if all.is_empty() || (is_ours && marks.noted.is_empty()) {
            return;
        }
        drafts.push(Draft {
            slot: marks
                .noted
                .values()
                .min()
                .map(|time| self.slots.number_at(*time)),
            place: (number, usize::MAX),
            received: true,
            text: self.writing.bytes(&all),
        });
    }

    /// Returns the text of a received entry, or `None` if the transcript leaves it out.
    fn received(
        &self,
        link: &Link,
        marks: &Marks,
        (index, entry): (usize, &Entry),
        compression: Compression,
    ) -> Option<Text> {
        let is_noted = marks.noted.contains_key(&index);
        match &entry.what {
            What::Bytes(_) | What::Sent(_) => None,
            What::Ended(ended) if ended.by_us && !is_noted => None,
            // The server ends such a connection when a pong is missing, which can happen just before the clients
            // disconnect or just after.
            What::Ended(_) if link.heartbeat_by_hand && !is_noted => None,
            What::Ended(_) if is_polling(link) => Some(Text::from("closed".to_owned())),
            What::Ended(ended) => Some(self.writing.plain(&end(ended))),
            What::Frame(frame) => {
                let is_shown = is_noted || shows_frame(link, marks, frame);
                is_shown.then(|| self.writing.frame(frame, compression))
            }
            What::Http(response) => {
                let is_shown = is_noted || (response.status >= 400 && !is_polling(link));
                is_shown.then(|| self.writing.response(response))
            }
            What::Illegal { illegal, raw } => {
                let mut text = self
                    .writing
                    .plain(&format!("illegal {}: {illegal}: ", illegal.layer()));
                text.append(self.writing.bytes(raw));
                Some(text)
            }
            What::Message(data) => (is_noted || !marks.shows_frames).then(|| self.message(data)),
            What::Oversize(limit) => Some(
                self.writing
                    .plain(&format!("more than sockspec accepts: {limit}")),
            ),
            What::Packet(packet) => self.packet(link, marks, (index, entry), packet),
            What::Socket(packet) => self.socket(link, marks, index, packet),
        }
    }

    fn message(&self, data: &PacketData) -> Text {
        match data {
            PacketData::Binary(bytes) => self
                .writing
                .msgpack(bytes, Sender::Server)
                .unwrap_or_else(|| {
                    let mut text = Text::from("binary ".to_owned());
                    text.append(self.writing.binary(bytes));
                    text
                }),
            PacketData::Text(text) => self.writing.plain(text),
        }
    }

    /// Returns the text of an Engine.IO packet.
    fn packet(
        &self,
        link: &Link,
        marks: &Marks,
        (index, entry): (usize, &Entry),
        packet: &EnginePacket,
    ) -> Option<Text> {
        if !marks.noted.contains_key(&index) {
            let is_open_packet = link.is_own_open_packet(index, entry);
            if is_polling(link) && packet.kind == PacketType::Close {
                return None;
            }
            if link.layer == Layer::SocketIo {
                // These connections show messages as Socket.IO packets.
                if is_open_packet || packet.kind != PacketType::Close {
                    return None;
                }
            } else if !is_open_packet
                && (is_invisible(packet, link.eio)
                    || marks.shows_frames
                    || packet.kind == PacketType::Ping
                    || is_unrelated_message(self.attempt, packet))
            {
                return None;
            }
        }
        let rules = self.writing.rules;
        if rules.iter().any(|rules| !rules.changes_nothing())
            && let Some(packet @ (Packet::Event { .. } | Packet::Ack { .. })) = packet_in(packet)
        {
            return Some(self.writing.packet(&packet, Sender::Server));
        }
        Some(match &packet.data {
            PacketData::Binary(_) => self.message(&packet.data),
            PacketData::Text(_) => self.writing.wire(&packet.encode_text(), Sender::Server),
        })
    }

    /// Returns the text of a Socket.IO packet.
    fn socket(&self, link: &Link, marks: &Marks, index: usize, packet: &Packet) -> Option<Text> {
        let is_noted = marks.noted.contains_key(&index);
        let is_left_out = match packet {
            // The messages of such a connection are in the journal too.
            _ if link.layer != Layer::SocketIo => true,
            Packet::Ack { id, .. } => marks.fences.contains(id),
            // The journal of a plain WebSocket has a CONNECT that stands for no packet.
            Packet::Connect { .. } => link.envelopes.is_some(),
            Packet::ConnectError { .. } | Packet::Disconnect { .. } => false,
            Packet::Event { .. } if marks.fence_answers.contains(&index) => true,
            Packet::Event { .. } if is_noted => false,
            Packet::Event { args, .. } => {
                is_unrelated(self.attempt, packet) || !is_own(self.attempt, args)
            }
        };
        if is_left_out {
            return None;
        }
        let enveloped = link.envelopes.as_ref();
        match enveloped.and_then(|envelopes| envelopes.received(packet)) {
            Some(message) => Some(self.writing.plain(&message)),
            None => Some(self.writing.packet(packet, Sender::Server)),
        }
    }
}

/// Returns true if the session of a connection uses polling only.
///
/// The server ends such a session by a close packet if a poll waits, or else by refusing the next poll. So the transcript
/// shows only that the session ended.
fn is_polling(link: &Link) -> bool {
    !link.websocket && link.layer != Layer::Tcp
}

/// Returns true if the lane shows a frame that no step received: a data frame if a step received frames, and a pong.
fn shows_frame(link: &Link, marks: &Marks, frame: &Frame) -> bool {
    !is_fence(frame)
        && match frame.opcode {
            OpCode::Close | OpCode::Ping => false,
            OpCode::Pong => link.layer != Layer::SocketIo,
            OpCode::Binary | OpCode::Continuation | OpCode::Text => marks.shows_frames,
            OpCode::Reserved(_) => true,
        }
}

impl Marks {
    fn of(link: &Link) -> Self {
        let state = link.state();
        let mut noted = HashMap::new();
        for (index, time) in state.received.noted() {
            noted.entry(*index).or_insert(*time);
        }
        let entries = link.connection.journal().entries();
        let shows_frames = noted.keys().any(|index| {
            matches!(
                entries.get(*index).map(|entry| &entry.what),
                Some(What::Frame(frame)) if !frame.opcode.is_control()
            )
        });
        noted.retain(|index, _| !state.fence_answers.contains(index));
        Self {
            noted,
            fences: state.fences.clone(),
            fence_requests: state.fence_requests.clone(),
            fence_answers: state.fence_answers.clone(),
            shows_frames,
        }
    }

    /// Returns true if the runner sent something for a fence.
    fn is_of_fence(&self, outgoing: &Outgoing, commanded: Instant) -> bool {
        matches!(outgoing, Outgoing::Frame(frame) if is_fence(frame))
            || self
                .fence_requests
                .iter()
                .any(|[from, until]| (from..=until).contains(&&commanded))
    }
}

/// Returns the clients whose lanes a transcript has: those of the scenario that connected or tried to.
pub(super) fn shown_clients<'a>(attempt: &'a Attempt<'_>) -> impl Iterator<Item = &'a Arc<Client>> {
    let clients = attempt.declared.all().iter();
    clients.filter(|client| client.link().is_some() || !client.unopened().is_empty())
}
