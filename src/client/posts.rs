//! The queue of packets and bodies to POST. Groups packets into request bodies.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{
    Outgoing,
    command::{Command, Payload},
    recorder::Recorder,
    session::Revision,
};
use crate::wire::engine_io::{Packet, PacketData, encode_payload, v3};

/// The POST queue of one polling session, in order.
#[derive(Debug)]
pub(super) struct Posts {
    waiting: VecDeque<Post>,
    revision: Revision,
    /// The largest body in bytes, as the server announced it.
    max_payload: usize,
}

#[derive(Debug)]
enum Post {
    /// The complete body of a request, which is sent unchanged.
    Body(Bytes),
    /// Packets that form one payload, which no other packet joins.
    Own(Vec<Packet>),
    /// A packet that may share a payload with the packets next to it in the queue.
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

    /// Sets the limit on a shared body: the `maxPayload` of the open packet.
    pub(super) fn limit(&mut self, max_payload: Option<u64>) {
        self.max_payload = max_payload
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(usize::MAX);
    }

    /// Returns true if nothing waits to be sent in a POST.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Queues the data of a command.
    pub(super) fn queue(&mut self, recorder: &mut Recorder, command: Command) {
        match command {
            Command::Bytes { bytes, .. } => {
                recorder.sent(Outgoing::Bytes(bytes.clone()));
                self.waiting.push_back(Post::Body(bytes));
            }
            // `Polling` handles the end of the connection. Over polling there are no frames and no half-close, and the
            // client can't stop reading.
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

    /// Queues a packet that the protocol requires, such as a pong.
    pub(super) fn send(&mut self, recorder: &mut Recorder, packet: Packet) {
        recorder.sent(Outgoing::Packet(packet.encode_text()));
        self.waiting.push_back(Post::Shared(packet));
    }

    /// Returns the body of the next POST: as many shared packets as fit the server's limit.
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

/// Returns the size of a packet in a payload, in bytes, including its separator.
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
        client::{Bounds, Budget, Journal},
        wire::engine_io::PacketType,
    };

    #[test]
    fn consecutive_packets_share_a_body_up_to_the_limit() {
        let mut recorder = Recorder::new(
            Arc::new(Journal::new(&Budget::default())),
            Bounds::default(),
        );
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
