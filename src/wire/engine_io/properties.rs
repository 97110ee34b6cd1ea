//! Property tests of packets and payloads.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

use super::{
    Handshake, OpenPacketError, Packet, PacketData, PacketError, PacketType, PayloadError,
    decode_payload, encode_payload, v3,
};
use crate::wire::Utf8Bytes;

fn any_packet() -> impl Strategy<Value = Packet> {
    let kind = (b'0'..=b'6').prop_map(|digit| PacketType::from_digit(digit).unwrap());
    prop_oneof![
        // A record of version 4 can't contain the separator 0x1e, because the version has no escape for it.
        3 => (kind, "[^\u{1e}]{0,20}").prop_map(|(kind, data)| Packet::text(kind, data)),
        1 => vec(any::<u8>(), 0..20).prop_map(Packet::binary),
    ]
}

/// Version 3 uses lengths instead of separators, so a packet can contain any text.
fn any_v3_packet() -> impl Strategy<Value = Packet> {
    (any_packet(), ".{0,20}").prop_map(|(packet, text)| match packet.data {
        PacketData::Binary(_) => packet,
        PacketData::Text(_) => Packet::text(packet.kind, text),
    })
}

proptest! {
    #[test]
    fn packets_survive_both_payload_forms_of_version_3(packets in vec(any_v3_packet(), 0..6)) {
        let text = v3::encode_payload(&packets);
        prop_assert_eq!(v3::decode_payload(&text, v3::Form::Text, 6), Ok(packets.clone()));
        let binary = v3::encode_binary_payload(&packets);
        prop_assert_eq!(v3::decode_payload(&binary, v3::Form::Binary, 6), Ok(packets));
    }

    #[test]
    fn an_incomplete_payload_of_version_3_is_refused(
        packets in vec(any_v3_packet(), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        // A payload that is cut exactly between two packets is itself a valid payload. Every other cut has to be
        // refused.
        let mut borders = vec![0];
        for packet in &packets {
            let border = borders.last().copied().unwrap_or_default();
            borders.push(border + v3::encode_binary_payload(std::slice::from_ref(packet)).len());
        }
        let body = v3::encode_binary_payload(&packets);
        let cut = cut.index(body.len());
        let read = v3::decode_payload(&body.slice(..cut), v3::Form::Binary, 4);
        prop_assert_eq!(read.is_ok(), borders.contains(&cut));
    }

    #[test]
    fn a_binary_frame_of_version_3_survives_a_round_trip(data in vec(any::<u8>(), 0..20)) {
        let frame = v3::encode_binary(&data);
        prop_assert_eq!(v3::decode_binary(frame), Ok(Packet::binary(data)));
    }

    #[test]
    fn random_input_does_not_panic_in_version_3(
        noise in vec(prop_oneof![any::<u8>(), 0..10_u8, Just(0xff)], 0..60),
        text in r"([0-9]{1,2}:?[0-6b]?.{0,3}){0,4}",
    ) {
        let noise = Bytes::from(noise);
        for form in [v3::Form::Text, v3::Form::Binary] {
            let _ = v3::decode_payload(&noise, form, 10);
            let _ = v3::decode_payload(&Bytes::from(text.clone()), form, 10);
        }
        let _ = v3::decode_binary(noise);
    }

    #[test]
    fn packets_survive_a_payload_round_trip(packets in vec(any_packet(), 1..6)) {
        let body = encode_payload(&packets);
        prop_assert_eq!(decode_payload(&body, 6), Ok(packets));
    }

    #[test]
    fn a_text_packet_survives_a_frame_round_trip(packet in any_packet(), text in ".*") {
        let packet = Packet { data: PacketData::Text(text.into()), ..packet };
        prop_assert_eq!(Packet::decode_text(packet.encode_text()), Ok(packet));
    }

    #[test]
    fn any_payload_that_can_be_read_can_be_written(body in "[0-7b\u{1e}A=\u{20ac}]{0,12}") {
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
            Err(PayloadError::Empty) => prop_assert!(body.is_empty()),
            Err(PayloadError::TooManyPackets { .. }) => {
                prop_assert!(body.iter().filter(|byte| **byte == 0x1e).count() >= 4);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn random_input_does_not_panic(noise in vec(any::<u8>(), 0..60), text in ".{0,20}") {
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
