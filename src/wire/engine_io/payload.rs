//! Encodes and decodes the HTTP bodies of polling, which can contain several packets (Engine.IO v4, "Payload encoding"
//! of HTTP long-polling).

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Packet, PacketError};
use crate::wire::Utf8Bytes;

/// The separator between two records (encoded packets) of a payload (Engine.IO v4, "Payload encoding").
pub const SEPARATOR: char = '\u{1e}';

/// Why a received payload could not be decoded.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The payload has no bytes, although a payload holds at least one packet (version 4).
    #[error("empty payload, although a payload holds at least one packet")]
    Empty,
    /// One record of the payload is not a packet.
    #[error("packet {index} at byte {offset}: {source}")]
    Packet {
        /// The number of the record, counted from 0.
        index: usize,
        /// The position at which the record starts, in bytes.
        offset: usize,
        /// The reason why the record is not a packet.
        source: PacketError,
    },
    /// The payload has more records than the caller's limit allows.
    #[error("payload holds more than {limit} packets")]
    TooManyPackets {
        /// The largest number of records that the caller accepts.
        limit: usize,
    },
    /// The payload is not UTF-8.
    #[error("payload is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// The position of the first byte that is not UTF-8.
        offset: usize,
    },
    /// The length in front of a record is invalid. Only payloads of version 3 have such lengths.
    #[error("length prefix at byte {offset} can't be read")]
    LengthPrefix {
        /// The position at which the length prefix starts, in bytes.
        offset: usize,
    },
}

/// Decodes a version 4 payload: records that are separated by `0x1e`.
///
/// # Errors
///
/// Names the first record that is not a packet.
pub fn decode_payload(body: &Bytes, max_packets: usize) -> Result<Vec<Packet>, PayloadError> {
    if body.is_empty() {
        return Err(PayloadError::Empty);
    }
    let text = std::str::from_utf8(body).map_err(|error| PayloadError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    let mut packets = Vec::new();
    let mut offset = 0;
    for (index, record) in text.split(SEPARATOR).enumerate() {
        if index == max_packets {
            return Err(PayloadError::TooManyPackets { limit: max_packets });
        }
        let located = |source| PayloadError::Packet {
            index,
            offset,
            source,
        };
        let packet = match record.strip_prefix('b') {
            Some(encoded) => {
                let bytes = BASE64.decode(encoded).map_err(|_| {
                    located(PacketError::Binary {
                        detail: "the base64 of the packet is broken",
                    })
                })?;
                Packet::binary(bytes)
            }
            None => {
                let record = body.slice(offset..offset + record.len());
                let record = Utf8Bytes::try_from(record).unwrap_or_default();
                Packet::decode_text(record).map_err(located)?
            }
        };
        packets.push(packet);
        offset += record.len() + 1;
    }
    Ok(packets)
}

/// Encodes packets as a version 4 payload; bytes become `b` and base64.
pub fn encode_payload(packets: &[Packet]) -> Bytes {
    let mut out = BytesMut::new();
    for (index, packet) in packets.iter().enumerate() {
        if index > 0 {
            out.put_u8(SEPARATOR as u8);
        }
        out.put_slice(packet.encode_text().as_bytes());
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::engine_io::PacketType;

    #[test]
    fn example_of_the_protocol_specification() {
        let packets = [
            Packet::text(PacketType::Message, "hello"),
            Packet::text(PacketType::Ping, ""),
            Packet::binary(vec![1, 2, 3, 4]),
        ];
        let body = encode_payload(&packets);
        assert_eq!(&body[..], b"4hello\x1e2\x1ebAQIDBA==");
        assert_eq!(decode_payload(&body, 10), Ok(packets.to_vec()));
    }

    #[test]
    fn errors_name_the_position() {
        let error = |body: &'static [u8]| decode_payload(&Bytes::from_static(body), 3).unwrap_err();
        assert_eq!(error(b""), PayloadError::Empty);
        assert_eq!(
            error(b"4a\x1e"),
            PayloadError::Packet {
                index: 1,
                offset: 3,
                source: PacketError::Empty
            }
        );
        assert_eq!(
            error(b"4a\x1e9"),
            PayloadError::Packet {
                index: 1,
                offset: 3,
                source: PacketError::UnknownType { found: '9' }
            }
        );
        assert!(matches!(
            error(b"b!"),
            PayloadError::Packet {
                index: 0,
                source: PacketError::Binary { .. },
                ..
            }
        ));
        assert_eq!(
            error(b"2\x1e2\x1e2\x1e2"),
            PayloadError::TooManyPackets { limit: 3 }
        );
        assert_eq!(error(b"4\xff"), PayloadError::NotUtf8 { offset: 1 });
    }
}
