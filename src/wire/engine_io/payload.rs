//! Several packets in one HTTP body (Engine.IO v4, "Payload encoding" of HTTP long-polling).

use bytes::Bytes;

use super::{Packet, PacketError};

/// Why a received payload could not be decoded.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A record is no packet.
    #[error("packet {index} at byte {offset}: {source}")]
    Packet {
        /// The record, counted from 0.
        index: usize,
        /// Where the record starts, in bytes.
        offset: usize,
        /// What is wrong with it.
        source: PacketError,
    },
    /// More records than this side takes in.
    #[error("payload holds more than {limit} packets")]
    TooManyPackets {
        /// The limit.
        limit: usize,
    },
    /// The body is no UTF-8.
    #[error("payload is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// The first byte that is wrong.
        offset: usize,
    },
    /// A length prefix that can't be read (v3).
    #[error("length prefix at byte {offset} can't be read")]
    LengthPrefix {
        /// Where the prefix starts, in bytes.
        offset: usize,
    },
}

/// Reads the records of a version 4 payload, separated by `0x1e`.
///
/// # Errors
///
/// The first record that is no packet.
pub fn decode_payload(body: &Bytes, max_packets: usize) -> Result<Vec<Packet>, PayloadError> {
    let _ = (body, max_packets);
    todo!()
}

/// Writes packets as a version 4 payload; bytes become `b` and base64.
pub fn encode_payload(packets: &[Packet]) -> Bytes {
    let _ = packets;
    todo!()
}
