//! Encodes and decodes protocol version 3 (`EIO=3`), which Socket.IO 2 clients use.
//!
//! The text form of a payload gives the length of a packet "in characters". The JavaScript
//! implementation (engine.io-parser 2) writes `String.length`, which counts UTF-16 code units, so a
//! character beyond U+FFFF counts twice. This module counts in the same way. The binary form counts
//! bytes of UTF-8.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Packet, PacketData, PacketError, PacketType, PayloadError};
use crate::wire::Utf8Bytes;

/// The payload that contains no packets, in the text form.
const NO_PACKETS: &str = "0:";

/// The byte that follows the length in front of each packet of a binary payload.
const LENGTH_END: u8 = 0xff;

/// Decodes a binary WebSocket frame: one byte for the type, then the data.
///
/// # Errors
///
/// Fails for an empty frame, an unknown type, and a type that can't carry bytes.
pub fn decode_binary(frame: Bytes) -> Result<Packet, PacketError> {
    let Some(first) = frame.first().copied() else {
        return Err(PacketError::Empty);
    };
    // In a binary frame, the type is a number and not a digit: 4 for a message, and not 0x34 (`4`).
    match first.checked_add(b'0').and_then(PacketType::from_digit) {
        Some(PacketType::Message) => Ok(Packet::binary(frame.slice(1..))),
        Some(_) => Err(NOT_A_MESSAGE),
        None => Err(PacketError::UnknownType {
            found: char::from(first),
        }),
    }
}

/// Encodes a message of bytes as a binary WebSocket frame.
pub fn encode_binary(data: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(1 + data.len());
    frame.put_u8(4);
    frame.put_slice(data);
    frame.freeze()
}

/// The form of a polling payload, or of one packet in a binary payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// A payload of type `application/octet-stream`, or a packet in it that carries bytes.
    Binary,
    /// A payload `<length>:<packet>` with the length in characters, or a packet in a binary payload that carries text.
    Text,
}

/// Decodes a polling payload.
///
/// # Errors
///
/// Fails for an invalid length, and for a record that is not a packet.
pub fn decode_payload(
    body: &Bytes,
    form: Form,
    max_packets: usize,
) -> Result<Vec<Packet>, PayloadError> {
    let text = match form {
        Form::Binary => None,
        Form::Text => {
            let text = std::str::from_utf8(body).map_err(|error| PayloadError::NotUtf8 {
                offset: error.valid_up_to(),
            })?;
            if text == NO_PACKETS {
                return Ok(Vec::new());
            }
            if text.is_empty() {
                return Err(PayloadError::LengthPrefix { offset: 0 });
            }
            Some(text)
        }
    };
    let mut packets = Vec::new();
    let mut offset = 0;
    while offset < body.len() {
        let index = packets.len();
        if index == max_packets {
            return Err(PayloadError::TooManyPackets { limit: max_packets });
        }
        let record = match text {
            Some(text) => text.get(offset..).and_then(first_text_record),
            None => body.get(offset..).and_then(first_binary_record),
        };
        let record = record.ok_or(PayloadError::LengthPrefix { offset })?;
        let (start, end) = (offset + record.start, offset + record.end);
        let bytes = body.slice(start..end);
        let packet =
            match record.form {
                Form::Binary => decode_binary(bytes),
                Form::Text => decode_text(Utf8Bytes::try_from(bytes).map_err(|error| {
                    PayloadError::NotUtf8 {
                        offset: start + error.valid_up_to(),
                    }
                })?),
            };
        packets.push(packet.map_err(|source| PayloadError::Packet {
            index,
            offset,
            source,
        })?);
        offset = end;
    }
    Ok(packets)
}

/// Encodes a polling payload in the text form; bytes become `b4` and base64.
pub fn encode_payload(packets: &[Packet]) -> Bytes {
    if packets.is_empty() {
        return Bytes::from_static(NO_PACKETS.as_bytes());
    }
    let mut out = String::new();
    for packet in packets {
        let text = match &packet.data {
            PacketData::Binary(bytes) => format!("b4{}", BASE64.encode(bytes)),
            PacketData::Text(_) => packet.encode_text().to_string(),
        };
        out.push_str(&text.encode_utf16().count().to_string());
        out.push(':');
        out.push_str(&text);
    }
    Bytes::from(out)
}

/// Encodes a polling payload in the binary form (`application/octet-stream`).
pub fn encode_binary_payload(packets: &[Packet]) -> Bytes {
    let mut out = BytesMut::new();
    for packet in packets {
        let (marker, record) = match &packet.data {
            PacketData::Binary(bytes) => (1, encode_binary(bytes)),
            PacketData::Text(_) => (0, packet.encode_text().into_bytes()),
        };
        out.put_u8(marker);
        out.extend(record.len().to_string().bytes().map(|digit| digit - b'0'));
        out.put_u8(LENGTH_END);
        out.put_slice(&record);
    }
    out.freeze()
}

const NOT_A_MESSAGE: PacketError = PacketError::Binary {
    detail: "the type of the packet is not message",
};

/// The range of bytes of one packet in a payload, counted from the start of the packet's length prefix.
struct Record {
    form: Form,
    start: usize,
    end: usize,
}

/// Decodes a packet in the text form. A packet that starts with `b` and a digit carries bytes in base64.
fn decode_text(text: Utf8Bytes) -> Result<Packet, PacketError> {
    let Some(encoded) = text.as_str().strip_prefix('b') else {
        return Packet::decode_text(text);
    };
    let Some(encoded) = encoded.strip_prefix(char::from(PacketType::Message.digit())) else {
        return Err(NOT_A_MESSAGE);
    };
    let bytes = BASE64.decode(encoded).map_err(|_| PacketError::Binary {
        detail: "the base64 of the packet is broken",
    })?;
    Ok(Packet::binary(bytes))
}

/// Finds the first record of a payload in the text form.
fn first_text_record(rest: &str) -> Option<Record> {
    let digits_end = rest.bytes().position(|byte| !byte.is_ascii_digit())?;
    let (digits, after) = rest.split_at_checked(digits_end)?;
    let after = after.strip_prefix(':')?;
    let mut units: usize = digits.parse().ok()?;
    let start = digits.len() + 1;
    let mut end = start;
    for character in after.chars() {
        if units == 0 {
            break;
        }
        // The length counts UTF-16 code units. It is invalid if it ends inside a character of two units (a surrogate
        // pair).
        units = units.checked_sub(character.len_utf16())?;
        end += character.len_utf8();
    }
    let form = Form::Text;
    (units == 0).then_some(Record { form, start, end })
}

/// Finds the first record of a payload in the binary form.
fn first_binary_record(rest: &[u8]) -> Option<Record> {
    let (marker, after) = rest.split_first()?;
    let form = match marker {
        0 => Form::Text,
        1 => Form::Binary,
        _ => return None,
    };
    let digits = after.get(..after.iter().position(|byte| *byte == LENGTH_END)?)?;
    if digits.is_empty() {
        return None;
    }
    let length = digits.iter().try_fold(0_usize, |length, digit| {
        let digit = (*digit <= 9).then_some(*digit)?;
        length.checked_mul(10)?.checked_add(usize::from(digit))
    })?;
    let start = digits.len() + 2;
    let end = start.checked_add(length).filter(|end| *end <= rest.len())?;
    Some(Record { form, start, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &'static [u8], form: Form) -> Result<Vec<Packet>, PayloadError> {
        decode_payload(&Bytes::from_static(body), form, 3)
    }

    /// The expected bytes were produced by the JavaScript library engine.io-parser 2.2.1.
    #[test]
    fn both_forms_agree_with_the_javascript_parser() {
        let packets = [
            Packet::text(PacketType::Message, "\u{20ac}\u{1f600}"),
            Packet::text(PacketType::Pong, ""),
            Packet::binary(vec![1, 2, 3, 4]),
        ];
        let text = "4:4\u{20ac}\u{1f600}1:310:b4AQIDBA==".as_bytes();
        assert_eq!(encode_payload(&packets), text);
        assert_eq!(decode(text, Form::Text), Ok(packets.to_vec()));
        let binary = b"\x00\x08\xff4\xe2\x82\xac\xf0\x9f\x98\x80\x00\x01\xff3\x01\x05\xff\x04\x01\x02\x03\x04";
        assert_eq!(encode_binary_payload(&packets), &binary[..]);
        assert_eq!(decode(binary, Form::Binary), Ok(packets.to_vec()));
    }

    #[test]
    fn base64_is_read_in_the_binary_form_too() {
        let body = b"\x00\x01\x00\xff\x62\x34AQIDBA==";
        assert_eq!(
            decode(body, Form::Binary),
            Ok(vec![Packet::binary(vec![1, 2, 3, 4])])
        );
    }

    #[test]
    fn a_payload_can_be_empty() {
        assert_eq!(encode_payload(&[]), "0:");
        assert_eq!(decode(b"0:", Form::Text), Ok(vec![]));
        assert_eq!(encode_binary_payload(&[]), "");
        assert_eq!(decode(b"", Form::Binary), Ok(vec![]));
    }

    #[test]
    fn errors_in_lengths_name_the_position() {
        for body in [
            &b""[..],
            b"abc",
            b":",
            b"-1:4",
            b"+1:4",
            b"10:4x",
            b"99999999999999999999999:4",
            // The emoji has two UTF-16 code units, and the length 2 ends between them: one unit for the type, one for
            // half of the emoji.
            b"2:4\xf0\x9f\x98\x80",
        ] {
            assert_eq!(
                decode(body, Form::Text),
                Err(PayloadError::LengthPrefix { offset: 0 }),
                "{body:?}"
            );
        }
        assert_eq!(
            decode(b"2:4x1", Form::Text),
            Err(PayloadError::LengthPrefix { offset: 4 })
        );
        for body in [
            &b"\x00"[..],
            b"\x00\xff",
            b"\x00\x01",
            b"\x00\x02\xff4",
            b"\x02\x01\xff4",
            b"\x00\x0a\xff4",
            b"\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4",
        ] {
            assert_eq!(
                decode(body, Form::Binary),
                Err(PayloadError::LengthPrefix { offset: 0 }),
                "{body:?}"
            );
        }
    }

    #[test]
    fn errors_in_records_name_the_position() {
        let error = |body, form| decode(body, form).unwrap_err();
        assert_eq!(
            error(b"1:20:", Form::Text),
            PayloadError::Packet {
                index: 1,
                offset: 3,
                source: PacketError::Empty
            }
        );
        assert!(matches!(
            error(b"2:b2", Form::Text),
            PayloadError::Packet {
                source: PacketError::Binary { .. },
                ..
            }
        ));
        assert_eq!(
            error(b"\x00\x02\xff4\xff", Form::Binary),
            PayloadError::NotUtf8 { offset: 4 }
        );
        assert_eq!(
            error(b"1:21:21:21:2", Form::Text),
            PayloadError::TooManyPackets { limit: 3 }
        );
        assert_eq!(
            decode_binary(Bytes::from_static(&[9, 1])),
            Err(PacketError::UnknownType { found: '\t' })
        );
        assert_eq!(decode_binary(Bytes::from_static(&[2])), Err(NOT_A_MESSAGE));
    }
}
