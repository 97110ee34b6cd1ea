//! Property tests of packets in both encodings (JSON and msgpack). The msgpack decoder is compared with the crate rmpv.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use serde_json::Number;

use super::{AckId, DecodeError, Decoder, Limits, Packet, encode, msgpack, msgpack_value};
use crate::data::Data;

const LIMITS: Limits = Limits {
    attachments: 100,
    attachment_bytes: 10_000,
};

/// Whether the generated values can contain byte strings, or consist of JSON alone.
#[derive(Clone, Copy)]
enum With {
    Bytes,
    JsonAlone,
}

fn any_data(with: With) -> BoxedStrategy<Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::from),
        any::<u64>().prop_map(Data::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Data::Null, Data::Number)),
        ".{0,8}".prop_map(Data::from),
    ];
    let leaf = match with {
        With::Bytes => prop_oneof![
            3 => leaf,
            1 => vec(any::<u8>(), 0..8).prop_map(|bytes| Data::Bytes(Bytes::from(bytes))),
        ]
        .boxed(),
        With::JsonAlone => leaf.boxed(),
    };
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Data::Array),
            object_of(inner),
        ]
    })
    .boxed()
}

fn object_of(value: impl Strategy<Value = Data>) -> impl Strategy<Value = Data> {
    vec((".{0,4}", value), 0..4).prop_map(Data::object)
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let namespace = prop_oneof![Just("/".to_owned()), "/[^,]{0,6}"];
    let args = vec(any_data(With::Bytes), 0..4);
    let id = any::<u64>().prop_map(AckId);
    let object = object_of(any_data(With::JsonAlone)).boxed();
    let refusal = prop_oneof![object.clone(), ".{0,8}".prop_map(Data::from)];
    prop_oneof![
        (namespace.clone(), prop::option::of(object))
            .prop_map(|(namespace, payload)| Packet::Connect { namespace, payload }),
        namespace
            .clone()
            .prop_map(|namespace| Packet::Disconnect { namespace }),
        (
            namespace.clone(),
            prop::option::of(id.clone()),
            ".{0,8}",
            args.clone()
        )
            .prop_map(|(namespace, id, name, args)| Packet::Event {
                namespace,
                id,
                name,
                args
            }),
        (namespace.clone(), id, args).prop_map(|(namespace, id, args)| Packet::Ack {
            namespace,
            id,
            args
        }),
        (namespace, refusal)
            .prop_map(|(namespace, payload)| Packet::ConnectError { namespace, payload }),
    ]
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

/// Converts a value to the value type of the crate rmpv.
fn foreign(data: &Data) -> rmpv::Value {
    match data {
        Data::Null => rmpv::Value::Nil,
        Data::Bool(value) => (*value).into(),
        Data::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => value.into(),
            (None, Some(value)) => value.into(),
            (None, None) => number.as_f64().unwrap().into(),
        },
        Data::String(text) => text.as_str().into(),
        Data::Bytes(bytes) => bytes.to_vec().into(),
        Data::Array(items) => items.iter().map(foreign).collect(),
        Data::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.as_str().into(), foreign(value)))
            .collect::<Vec<(rmpv::Value, rmpv::Value)>>()
            .into(),
    }
}

proptest! {
    #[test]
    fn a_packet_survives_a_msgpack_round_trip(packet in any_packet()) {
        prop_assert_eq!(msgpack::decode(&msgpack::encode(&packet)), Ok(packet));
    }

    #[test]
    fn msgpack_is_written_as_by_rmpv(data in any_data(With::Bytes)) {
        let mut theirs = Vec::new();
        rmpv::encode::write_value(&mut theirs, &foreign(&data)).unwrap();
        let ours = msgpack_value::write(&data);
        prop_assert_eq!(&ours[..], &theirs[..]);
        prop_assert_eq!(msgpack_value::read(&theirs), Ok(data));
    }

    #[test]
    fn msgpack_is_read_as_by_rmpv(
        noise in vec(prop_oneof![any::<u8>(), 0x80..0xa4_u8, 0xc0..0xe0_u8, 0..4_u8], 0..20),
    ) {
        if let Ok(data) = msgpack_value::read(&noise) {
            let mut rest = &noise[..];
            let theirs = rmpv::decode::read_value(&mut rest).unwrap();
            prop_assert!(rest.is_empty());
            // Skip inputs with bytes that can start values which this crate and rmpv read differently: notepack.io's
            // extensions, maps with duplicate keys, and floats (NaN, single precision).
            if !noise.iter().any(|byte| matches!(byte, 0x82..=0x8f | 0xc7..=0xcb | 0xd4..=0xd8 | 0xde..=0xdf)) {
                prop_assert_eq!(foreign(&data), theirs);
            }
        }
        let _ = msgpack::decode(&noise);
    }

    #[test]
    fn a_packet_survives_a_round_trip(packet in any_packet()) {
        prop_assert_eq!(round_trip(&packet), Ok(Some(packet)));
    }

    #[test]
    fn any_packet_that_can_be_read_can_be_written(
        text in r#"[0-7]([0-9]{0,2}-)?(/[a-z]{0,2},?)?[0-9]{0,2}(\[("e"|1|null)?(,(1e2|-0|"x"|\{\}))?\]|\{"a":1\}|"no")?"#,
    ) {
        match Decoder::new(LIMITS).text(&text) {
            Ok(Some(packet)) => prop_assert_eq!(round_trip(&packet), Ok(Some(packet))),
            Ok(None) => prop_assert!(text.starts_with(['5', '6']), "{text} awaits attachments"),
            Err(DecodeError::Syntax { offset, .. }) => prop_assert!(offset <= text.len()),
            Err(_) => {}
        }
    }

    #[test]
    fn random_input_does_not_panic(texts in vec(".{0,20}", 0..4), bytes in vec(any::<u8>(), 0..4)) {
        let mut decoder = Decoder::new(LIMITS);
        for text in texts {
            let _ = decoder.text(&text);
            let _ = decoder.binary(Bytes::copy_from_slice(&bytes));
        }
    }

    #[test]
    fn placeholders_point_to_attachments_or_are_refused(
        num in prop_oneof![
            any::<i64>().prop_map(|num| num.to_string()),
            any::<f64>().prop_map(|num| num.to_string()),
            Just(r#""0""#.to_owned()),
            (0..3_u8).prop_map(|num| num.to_string()),
        ],
    ) {
        let mut decoder = Decoder::new(LIMITS);
        let text = format!(r#"51-["e",{{"_placeholder":true,"num":{num}}}]"#);
        if decoder.text(&text).is_ok() {
            let decoded = decoder.binary(Bytes::from_static(b"x"));
            prop_assert_eq!(decoded.is_ok(), num == "0", "{}", num);
        }
    }
}
