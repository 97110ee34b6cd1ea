//! The payloads that a server sends in its answers to polls.

use super::{Ended, HttpResponse, recorder::given_up, session::Revision};
use crate::wire::engine_io::{Packet, PacketType, PayloadError, decode_payload, v3};

/// The number of answers to polls in a row without a usable packet, after which the client stops polling.
///
/// A client polls again at once, so a server that answers every poll with an empty body would make it poll forever.
const ANSWERS_WITHOUT_PACKETS: usize = 100;

/// The number of answers to polls in a row whose packets carry nothing, such as noops and pings, after which the client
/// stops polling.
///
/// A right server holds a poll until it has something to send. It sends a noop only to end a poll during an upgrade,
/// mostly every 100 ms, and one ping for each ping interval. So no right server reaches this number during a scenario.
const ANSWERS_WITHOUT_CONTENT: usize = 1_000;

/// Decodes the payloads of one session and counts the answers without a usable packet.
#[derive(Debug)]
pub(super) struct PollPayloads {
    max_packets: usize,
    /// The number of the latest answers in a row without a usable packet.
    without_packets: usize,
    /// The number of the latest answers in a row without a packet that carries something.
    without_content: usize,
}

impl PollPayloads {
    /// Creates a decoder that refuses payloads of more than `max_packets` packets.
    pub(super) fn new(max_packets: usize) -> Self {
        Self {
            max_packets,
            without_packets: 0,
            without_content: 0,
        }
    }

    /// Decodes the body of an answer to a poll.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not a payload of this revision.
    pub(super) fn decode(
        &mut self,
        revision: Revision,
        response: &HttpResponse,
    ) -> Result<Vec<Packet>, PayloadError> {
        let decoded = match revision {
            Revision::Four => decode_payload(&response.body, self.max_packets),
            Revision::Three => {
                let is_binary = response
                    .header("content-type")
                    .is_some_and(|kind| kind.contains("octet-stream"));
                let form = if is_binary {
                    v3::Form::Binary
                } else {
                    v3::Form::Text
                };
                v3::decode_payload(&response.body, form, self.max_packets)
            }
        };
        match &decoded {
            Ok(packets) if !packets.is_empty() => self.without_packets = 0,
            _ => self.without_packets += 1,
        }
        match &decoded {
            Ok(packets) if packets.iter().any(|packet| !is_empty(packet)) => {
                self.without_content = 0;
            }
            _ => self.without_content += 1,
        }
        decoded
    }

    /// Checks whether the client may poll again.
    ///
    /// # Errors
    ///
    /// Returns the end of the session if too many answers in a row had no usable packet, or only packets that carry
    /// nothing.
    pub(super) fn check(&self) -> Result<(), Ended> {
        let reason = if self.without_packets >= ANSWERS_WITHOUT_PACKETS {
            format!("{ANSWERS_WITHOUT_PACKETS} answers to polls in a row contained no packet")
        } else if self.without_content >= ANSWERS_WITHOUT_CONTENT {
            format!(
                "{ANSWERS_WITHOUT_CONTENT} answers to polls in a row contained only noop, ping or pong packets; the \
                 server has to hold a poll until it has something to send"
            )
        } else {
            return Ok(());
        };
        Err(given_up(reason))
    }
}

/// Returns true if a packet carries nothing for the application.
fn is_empty(packet: &Packet) -> bool {
    match packet.kind {
        PacketType::Noop | PacketType::Ping | PacketType::Pong => true,
        PacketType::Close | PacketType::Message | PacketType::Open | PacketType::Upgrade => false,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(body: &'static str) -> HttpResponse {
        HttpResponse {
            status: 200,
            headers: Vec::new(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn a_row_of_answers_without_packets_ends_the_session() {
        for (revision, body) in [
            (Revision::Four, ""),
            (Revision::Four, "nonsense"),
            (Revision::Three, "0:"),
        ] {
            let mut payloads = PollPayloads::new(10);
            let good = answer(if revision == Revision::Four {
                "2"
            } else {
                "1:3"
            });
            for _ in 1..ANSWERS_WITHOUT_PACKETS {
                let _ = payloads.decode(revision, &answer(body));
                assert_eq!(payloads.check(), Ok(()), "{body:?}");
            }
            // A payload with a packet resets the count of answers without packets to 0.
            assert!(payloads.decode(revision, &good).is_ok());
            for _ in 1..ANSWERS_WITHOUT_PACKETS {
                let _ = payloads.decode(revision, &answer(body));
            }
            assert_eq!(payloads.check(), Ok(()), "{body:?}");
            let _ = payloads.decode(revision, &answer(body));
            let ended = payloads.check().unwrap_err();
            assert_eq!(
                ended.reason,
                "100 answers to polls in a row contained no packet"
            );
        }
    }

    #[test]
    fn a_row_of_answers_with_noops_and_pings_ends_the_session() {
        let mut payloads = PollPayloads::new(10);
        let mut take = |body, times| {
            let mut checked = Ok(());
            for _ in 0..times {
                let _ = payloads.decode(Revision::Four, &answer(body));
                checked = payloads.check();
            }
            checked
        };
        assert_eq!(take("6", 600), Ok(()));
        assert_eq!(take("2\u{1e}6", 399), Ok(()));
        // A message resets the count of answers without content to 0.
        assert_eq!(take("6\u{1e}42[\"news\"]", 1), Ok(()));
        assert_eq!(take("6", 999), Ok(()));
        let ended = take("6", 1).unwrap_err();
        assert_eq!(
            ended.reason,
            "1000 answers to polls in a row contained only noop, ping or pong packets; the server has to hold a poll \
             until it has something to send"
        );
    }
}
