//! What holds for every packet and payload of version 4.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

use super::{
    Handshake, OpenPacketError, Packet, PacketError, PacketType, PayloadError, decode_payload,
    encode_payload,
};
use crate::wire::Utf8Bytes;

fn any_packet() -> impl Strategy<Value = Packet> {
    let kind = (b'0'..=b'6').prop_map(|digit| PacketType::from_digit(digit).unwrap());
    prop_oneof![
        // The separator can't stand inside of a record: version 4 has no way to escape it.
        3 => (kind, "[^\u{1e}]{0,20}").prop_map(|(kind, data)| Packet::text(kind, data)),
        1 => vec(any::<u8>(), 0..20).prop_map(Packet::binary),
    ]
}

proptest! {
    #[test]
    fn packets_come_back_from_a_payload(packets in vec(any_packet(), 1..6)) {
        let body = encode_payload(&packets);
        prop_assert_eq!(decode_payload(&body, 6), Ok(packets));
    }

    #[test]
    fn a_text_packet_comes_back_from_a_frame(packet in any_packet(), text in ".*") {
        let packet = Packet { data: super::PacketData::Text(text.into()), ..packet };
        prop_assert_eq!(Packet::decode_text(packet.encode_text()), Ok(packet));
    }

    #[test]
    fn what_is_read_from_any_body_can_be_written_again(body in "[0-7b\u{1e}A=\u{20ac}]{0,12}") {
        let body = Bytes::from(body);
        match decode_payload(&body, 4) {
            Ok(packets) => prop_assert_eq!(encode_payload(&packets), body),
            Err(PayloadError::Packet { offset, source, .. }) => {
                let record = &body[offset..];
                match source {
                    PacketError::Empty => prop_assert!(record.is_empty() || record[0] == 0x1e),
                    PacketError::UnknownType { found } => {
                        prop_assert!(record.starts_with(found.to_string().as_bytes()));
                    }
                    PacketError::Binary { .. } => prop_assert_eq!(record[0], b'b'),
                }
            }
            Err(PayloadError::TooManyPackets { .. }) => {
                prop_assert!(body.iter().filter(|byte| **byte == 0x1e).count() >= 4);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn noise_never_panics(noise in vec(any::<u8>(), 0..60), text in ".{0,20}") {
        let _ = decode_payload(&Bytes::from(noise), 10);
        let _ = Packet::decode_text(Utf8Bytes::from(text));
    }

    #[test]
    fn an_open_packet_is_an_object_or_refused(text in r#"[\[\]{}":,a-z0-9 ]{0,20}"#) {
        if serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|json| json.is_object()) {
            prop_assert_ne!(Handshake::decode(&text), Err(OpenPacketError::NotAnObject));
        } else {
            prop_assert_eq!(Handshake::decode(&text), Err(OpenPacketError::NotAnObject));
        }
    }
}
