//! What waits to be posted, and how it becomes bodies.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{
    Outgoing,
    command::{Command, Payload},
    recorder::Recorder,
    session::Revision,
};
use crate::wire::engine_io::{Packet, PacketData, encode_payload, v3};

/// The queue of one polling session, in order.
#[derive(Debug)]
pub(super) struct Posts {
    waiting: VecDeque<Post>,
    revision: Revision,
    /// Bytes of one body, as the server announced.
    max_payload: usize,
}

#[derive(Debug)]
enum Post {
    /// A body as it stands.
    Body(Bytes),
    /// Packets that make one payload.
    Own(Vec<Packet>),
    /// A packet that shares a payload with its neighbours.
    Shared(Packet),
}

impl Posts {
    pub(super) fn new(revision: Revision) -> Self {
        Self {
            waiting: VecDeque::new(),
            revision,
            max_payload: usize::MAX,
        }
    }

    /// Packets share a body up to the limit that the open packet announced.
    pub(super) fn limit(&mut self, max_payload: Option<u64>) {
        self.max_payload = max_payload
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(usize::MAX);
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Queues what a handle asked for.
    pub(super) fn queue(&mut self, recorder: &mut Recorder, command: Command) {
        match command {
            Command::Bytes { bytes, .. } => {
                recorder.sent(Outgoing::Bytes(bytes.clone()));
                self.waiting.push_back(Post::Body(bytes));
            }
            // The end is the transport's; frames don't exist here.
            Command::End(_) | Command::Frame { .. } | Command::HalfClose | Command::Reading(_) => {}
            Command::Packets { packets, payload } => {
                for packet in &packets {
                    recorder.sent(Outgoing::Packet(packet.encode_text()));
                }
                match payload {
                    Payload::Own => self.waiting.push_back(Post::Own(packets)),
                    Payload::Shared => self.waiting.extend(packets.into_iter().map(Post::Shared)),
                }
            }
            Command::Text(text) => {
                recorder.sent(Outgoing::Packet(text.clone()));
                self.waiting.push_back(Post::Body(text.into_bytes()));
            }
        }
    }

    /// Queues a packet that the protocol demands.
    pub(super) fn send(&mut self, recorder: &mut Recorder, packet: Packet) {
        recorder.sent(Outgoing::Packet(packet.encode_text()));
        self.waiting.push_back(Post::Shared(packet));
    }

    /// The body of the next POST: packets that may share one do, up to the server's limit.
    pub(super) fn next_body(&mut self) -> Option<Bytes> {
        let mut packets = match self.waiting.pop_front()? {
            Post::Body(body) => return Some(body),
            Post::Own(packets) => return Some(self.encode(&packets)),
            Post::Shared(packet) => vec![packet],
        };
        let mut bytes: usize = packets.iter().map(length).sum();
        while let Some(packet) = self.waiting.pop_front() {
            match packet {
                Post::Shared(packet)
                    if bytes.saturating_add(length(&packet)) <= self.max_payload =>
                {
                    bytes += length(&packet);
                    packets.push(packet);
                }
                other => {
                    self.waiting.push_front(other);
                    break;
                }
            }
        }
        Some(self.encode(&packets))
    }

    fn encode(&self, packets: &[Packet]) -> Bytes {
        match self.revision {
            Revision::Four => encode_payload(packets),
            Revision::Three => v3::encode_payload(packets),
        }
    }
}

/// Bytes that a packet takes in a payload, its separator included.
fn length(packet: &Packet) -> usize {
    match &packet.data {
        PacketData::Binary(bytes) => bytes.len().div_ceil(3) * 4 + 2,
        PacketData::Text(text) => text.len() + 2,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        client::{Bounds, Journal},
        wire::engine_io::PacketType,
    };

    #[test]
    fn neighbours_share_a_body_up_to_the_limit() {
        let mut recorder = Recorder::new(Arc::new(Journal::default()), Bounds::default());
        let mut posts = Posts::new(Revision::Four);
        posts.limit(Some(8));
        for text in ["a", "b", "ccc", "d"] {
            posts.send(&mut recorder, Packet::text(PacketType::Message, text));
        }
        posts.queue(&mut recorder, Command::Text("4raw".into()));
        let bodies: Vec<Bytes> = std::iter::from_fn(|| posts.next_body()).collect();
        assert_eq!(bodies, ["4a\x1e4b", "4ccc\x1e4d", "4raw"]);
        assert!(posts.is_empty());
    }
}
