//! Checks of the Socket.IO codec: packets as JSON with attachments, and as msgpack.

use bytes::Bytes;

use crate::wire::socket_io::{DecodeError, Decoder, Limits, Packet, encode, msgpack as codec};

/// The byte that separates two messages of an input. It never occurs in UTF-8.
const SEPARATOR: u8 = 0xff;

const LIMITS: Limits = Limits {
    attachments: 16,
    attachment_bytes: 4096,
};

/// Checks that every packet that the decoder accepts can be encoded again. The input is a series of messages.
///
/// A message that is valid UTF-8 is decoded as text, unless the decoder waits for an attachment.
pub(super) fn json(input: &[u8]) {
    let mut decoder = Decoder::new(LIMITS);
    for message in input.split(|byte| *byte == SEPARATOR) {
        let decoded = match std::str::from_utf8(message) {
            Ok(text) if decoder.missing_attachments() == 0 => decoder.text(text),
            Ok(_) | Err(_) => decoder.binary(Bytes::copy_from_slice(message)),
        };
        assert!(
            decoder.missing_attachments() <= LIMITS.attachments,
            "a packet announces more attachments than the limit"
        );
        match decoded {
            Ok(None) => {}
            Ok(Some(packet)) => {
                assert_eq!(
                    decoder.missing_attachments(),
                    0,
                    "a complete packet still lacks attachments"
                );
                assert_eq!(round_trip(&packet), Ok(Some(packet)));
            }
            Err(DecodeError::Syntax { offset, .. }) => {
                assert!(
                    offset <= message.len(),
                    "the offset of the error lies outside of the message"
                );
                return;
            }
            Err(_) => return,
        }
    }
}

/// Checks that every msgpack packet that the decoder accepts can be encoded again.
pub(super) fn msgpack(input: &[u8]) {
    match codec::decode(input) {
        Ok(packet) => assert_eq!(codec::decode(&codec::encode(&packet)), Ok(packet)),
        Err(DecodeError::Syntax { offset, .. }) => {
            assert!(
                offset <= input.len(),
                "the offset of the error lies outside of the message"
            );
        }
        Err(_) => {}
    }
}

fn round_trip(packet: &Packet) -> Result<Option<Packet>, DecodeError> {
    let encoded = encode(packet);
    let mut decoder = Decoder::new(LIMITS);
    let mut decoded = decoder.text(&encoded.text)?;
    for attachment in encoded.attachments {
        decoded = decoder.binary(attachment)?;
    }
    Ok(decoded)
}
