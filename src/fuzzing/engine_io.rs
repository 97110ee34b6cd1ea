//! Checks of the Engine.IO codec: packets, the open packet, payloads of both protocol revisions.

use bytes::Bytes;

use crate::wire::engine_io::{
    Handshake, Packet, PacketData, PayloadError, decode_payload, encode_payload, v3,
};

/// The limit on the packets of one polling payload, for the decoder.
const MAX_PACKETS: usize = 64;

/// Checks that every packet and open packet that the decoder accepts can be encoded again.
pub(super) fn packet(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(packet) = Packet::decode_text(text.into()) {
        assert!(
            matches!(packet.data, PacketData::Text(_)),
            "a packet from a text frame has text as its data"
        );
        assert_eq!(&*packet.encode_text(), text);
    }
    if let Ok(handshake) = Handshake::decode(text) {
        assert_eq!(Handshake::decode(&handshake.encode()), Ok(handshake));
    }
}

/// Checks that every version 4 payload that the decoder accepts can be encoded again.
pub(super) fn payload(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    let decoded = decode_payload(&body, MAX_PACKETS);
    check_payload(&decoded, input.len());
    if let Ok(packets) = decoded {
        assert_eq!(
            decode_payload(&encode_payload(&packets), MAX_PACKETS),
            Ok(packets)
        );
    }
}

/// Checks that every version 3 payload and binary frame that the decoder accepts can be encoded again, in both forms
/// of a payload.
pub(super) fn v3(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    for form in [v3::Form::Text, v3::Form::Binary] {
        let decoded = v3::decode_payload(&body, form, MAX_PACKETS);
        check_payload(&decoded, input.len());
        if let Ok(packets) = decoded {
            let text = v3::encode_payload(&packets);
            assert_eq!(
                v3::decode_payload(&text, v3::Form::Text, MAX_PACKETS),
                Ok(packets.clone())
            );
            let binary = v3::encode_binary_payload(&packets);
            assert_eq!(
                v3::decode_payload(&binary, v3::Form::Binary, MAX_PACKETS),
                Ok(packets)
            );
        }
    }
    if let Ok(packet) = v3::decode_binary(body)
        && let PacketData::Binary(data) = &packet.data
    {
        assert_eq!(v3::decode_binary(v3::encode_binary(data)), Ok(packet));
    }
}

fn check_payload(decoded: &Result<Vec<Packet>, PayloadError>, length: usize) {
    match decoded {
        Ok(packets) => assert!(
            packets.len() <= MAX_PACKETS,
            "a decoded payload has more packets than the limit"
        ),
        Err(
            PayloadError::Packet { offset, .. }
            | PayloadError::NotUtf8 { offset }
            | PayloadError::LengthPrefix { offset },
        ) => assert!(
            *offset <= length,
            "the offset of the error lies outside of the payload"
        ),
        Err(PayloadError::Empty) => assert_eq!(length, 0),
        Err(PayloadError::TooManyPackets { limit }) => assert_eq!(*limit, MAX_PACKETS),
    }
}
