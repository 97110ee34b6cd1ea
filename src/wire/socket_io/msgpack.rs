//! Encodes and decodes packets in the format of `socket.io-msgpack-parser`: one map with `type`, `nsp`,
//! `data` and `id`.
//!
//! Byte strings are part of the map, so no packet has attachments. Other fields of the map are ignored;
//! the JavaScript client adds `options`.

use bytes::Bytes;
use indexmap::IndexMap;

use super::{AckId, DecodeError, Packet, PacketKind, SyntaxRule, msgpack_value};
use crate::data::Data;

/// Decodes one binary Engine.IO message.
///
/// # Errors
///
/// See [`DecodeError`].
pub fn decode(message: &[u8]) -> Result<Packet, DecodeError> {
    let Data::Object(mut fields) = msgpack_value::read(message)? else {
        return Err(wrong(SyntaxRule::NotMap));
    };
    let kind = match fields.get("type") {
        Some(kind) => kind
            .as_u64()
            .filter(|kind| *kind <= 4)
            .ok_or_else(|| wrong(SyntaxRule::UnknownType(kind.to_string())))?,
        None => return Err(wrong(SyntaxRule::NoType)),
    };
    let namespace = match fields.swap_remove("nsp") {
        Some(Data::String(namespace)) => namespace,
        Some(other) => {
            return Err(wrong(SyntaxRule::NamespaceNotString(other.kind())));
        }
        None => return Err(wrong(SyntaxRule::NoNamespace)),
    };
    let id = read_id(kind, fields.get("id"))?;
    let data = fields.swap_remove("data");
    match (kind, data) {
        (0, None) => Ok(Packet::Connect {
            namespace,
            payload: None,
        }),
        (0, Some(payload @ Data::Object(_))) => Ok(Packet::Connect {
            namespace,
            payload: Some(payload),
        }),
        (0, _) => Err(wrong_data(PacketKind::Connect, "an object")),
        (1, None) => Ok(Packet::Disconnect { namespace }),
        (1, Some(_)) => Err(wrong(SyntaxRule::DataOfDisconnect)),
        (2, Some(Data::Array(values))) => event(namespace, id, values),
        (2, _) => Err(wrong_data(PacketKind::Event, "an array")),
        (3, Some(Data::Array(args))) => Ok(Packet::Ack {
            namespace,
            id: id.ok_or_else(|| wrong(SyntaxRule::AckWithoutId))?,
            args,
        }),
        (3, _) => Err(wrong_data(PacketKind::Ack, "an array")),
        (_, Some(payload @ (Data::Object(_) | Data::String(_)))) => {
            Ok(Packet::ConnectError { namespace, payload })
        }
        (_, _) => Err(wrong_data(
            PacketKind::ConnectError,
            "an object or a string",
        )),
    }
}

/// Reads the acknowledgement id of a packet of type `kind`. Only events and acknowledgements may have one.
fn read_id(kind: u64, id: Option<&Data>) -> Result<Option<AckId>, DecodeError> {
    let Some(id) = id else { return Ok(None) };
    let number = id
        .as_u64()
        .ok_or_else(|| wrong(SyntaxRule::AckIdNotWhole(id.to_string())))?;
    let packet = match kind {
        0 => PacketKind::Connect,
        1 => PacketKind::Disconnect,
        4 => PacketKind::ConnectError,
        _ => return Ok(Some(AckId(number))),
    };
    Err(wrong(SyntaxRule::AckIdNotAllowed(packet)))
}

/// Encodes a packet as one binary Engine.IO message.
pub fn encode(packet: &Packet) -> Bytes {
    // Write the fields in the same order as the JavaScript server.
    let (kind, data, id): (u64, _, _) = match packet {
        Packet::Connect { payload, .. } => (0, payload.clone(), None),
        Packet::Disconnect { .. } => (1, None, None),
        Packet::Event { id, name, args, .. } => {
            let mut values = Vec::with_capacity(args.len() + 1);
            values.push(Data::from(name.as_str()));
            values.extend_from_slice(args);
            (2, Some(Data::Array(values)), *id)
        }
        Packet::Ack { id, args, .. } => (3, Some(Data::from(args.clone())), Some(*id)),
        Packet::ConnectError { payload, .. } => (4, Some(payload.clone()), None),
    };
    let mut fields = IndexMap::from([("type".to_owned(), Data::from(kind))]);
    fields.extend(data.map(|data| ("data".to_owned(), data)));
    fields.extend(id.map(|id| ("id".to_owned(), Data::from(id.0))));
    fields.insert("nsp".to_owned(), Data::from(packet.namespace()));
    msgpack_value::write(&Data::Object(fields))
}

/// Encodes any value as msgpack, also one that is not a packet.
pub fn value(data: &Data) -> Bytes {
    msgpack_value::write(data)
}

fn event(namespace: String, id: Option<AckId>, values: Vec<Data>) -> Result<Packet, DecodeError> {
    let mut values = values.into_iter();
    let name = match values.next() {
        Some(Data::String(name)) => name,
        Some(other) => {
            return Err(wrong(SyntaxRule::EventNameNotString(other.kind())));
        }
        None => return Err(wrong(SyntaxRule::EventWithoutName)),
    };
    Ok(Packet::Event {
        namespace,
        id,
        name,
        args: values.collect(),
    })
}

/// Returns an error for the broken rule `rule`. The position in the error is always 0, because the msgpack decoder does
/// not know the position.
fn wrong(rule: SyntaxRule) -> DecodeError {
    DecodeError::Syntax { rule, offset: 0 }
}

/// Returns the error for a packet whose data is not `expected`, such as "an array".
fn wrong_data(packet: PacketKind, expected: &'static str) -> DecodeError {
    wrong(SyntaxRule::WrongData { packet, expected })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::unhex;

    /// Packets, each with the bytes (in hex) to which socket.io-msgpack-parser 3.0.2 and notepack.io 2.2.0 encode it.
    fn recorded() -> Vec<(String, Packet)> {
        let main = || "/".to_owned();
        let event = |id, args: serde_json::Value| Packet::Event {
            namespace: main(),
            id,
            name: "e".to_owned(),
            args: Data::from(args).as_array().unwrap().to_vec(),
        };
        vec![
            (
                "82a47479706501a36e7370a12f".to_owned(),
                Packet::Disconnect { namespace: main() },
            ),
            (
                "83a47479706500a46461746181a5746f6b656ea3313233a36e7370a62f61646d696e".to_owned(),
                Packet::Connect {
                    namespace: "/admin".to_owned(),
                    payload: Some(json!({"token": "123"}).into()),
                },
            ),
            (
                format!(
                    "83a47479706502a46461746193a165d928{}d928{}a36e7370a12f",
                    "78".repeat(40),
                    "c3a9".repeat(20)
                ),
                event(None, json!(["x".repeat(40), "é".repeat(20)])),
            ),
            (
                "84a47479706503a46461746190a2696400a36e7370a22f61".to_owned(),
                Packet::Ack {
                    namespace: "/a".to_owned(),
                    id: AckId(0),
                    args: vec![],
                },
            ),
        ]
    }

    #[test]
    fn both_directions_agree_with_the_javascript_parser() {
        for (hex, packet) in recorded() {
            let bytes = unhex(&hex).unwrap();
            assert_eq!(decode(&bytes), Ok(packet.clone()), "{hex}");
            assert_eq!(encode(&packet), bytes, "{hex}");
        }
    }

    #[test]
    fn forms_that_only_javascript_writes_are_read() {
        let read = |hex| decode(&unhex(hex).unwrap()).unwrap();
        // The JavaScript value `undefined`: first as the data of a packet, then inside an object and an array.
        assert_eq!(
            read("83a47479706500a464617461d40000a36e7370a12f"),
            Packet::Connect {
                namespace: "/".to_owned(),
                payload: None
            }
        );
        assert_eq!(
            read("83a47479706500a46461746182a3736964a3616263a3706964d40000a36e7370a12f"),
            Packet::Connect {
                namespace: "/".to_owned(),
                payload: Some(json!({"sid": "abc"}).into())
            }
        );
        let Packet::Event { id, args, .. } = read(
            "84a47479706502a4646174619fa16501ffd0dfccc8ce00011170cf000000012a05f200d2fffeee90\
             d3fffffffed5fa0e00cb3ff8000000000000c3c2c0d4000081a1619180a269640ca36e7370a12f",
        ) else {
            panic!("not an event");
        };
        assert_eq!(id, Some(AckId(12)));
        let expected = json!([
            1, -1, -33, 200, 70_000, 5_000_000_000_u64, -70_000, -5_000_000_000_i64, 1.5, true, false,
            null, null, {"a": [{}]}
        ]);
        assert_eq!(Data::Array(args), Data::from(expected));
        // An event whose arguments are one Node.js `Buffer` and two JavaScript `ArrayBuffer`s.
        let Packet::Event { args, .. } = read(
            "83a47479706502a46461746194a165c403010203c7010004c708000000000000000000a36e7370a12f",
        ) else {
            panic!("not an event");
        };
        let bytes = |bytes: &'static [u8]| Data::Bytes(Bytes::from_static(bytes));
        assert_eq!(args, [bytes(&[1, 2, 3]), bytes(&[4]), bytes(&[0; 8])]);
        // A JavaScript date is decoded to the text that `JSON.stringify` writes for it.
        let Packet::Event { args, .. } = read(
            "83a47479706502a46461746193a165d7000000018bcfe5687bd700ffffffffffffffffa36e7370a12f",
        ) else {
            panic!("not an event");
        };
        assert_eq!(
            Data::Array(args),
            Data::from(json!([
                "2023-11-14T22:13:20.123Z",
                "1969-12-31T23:59:59.999Z"
            ]))
        );
        // The JavaScript client adds the field `options` to packets; the decoder has to accept it.
        read("84a47479706502a46461746191a165a76f7074696f6e7381a8636f6d7072657373c3a36e7370a12f");
    }

    #[test]
    fn packets_that_break_a_rule_are_refused() {
        for value in [
            json!([]),
            json!({}),
            json!({"type": 5, "nsp": "/"}),
            json!({"type": "0", "nsp": "/"}),
            json!({"type": -1, "nsp": "/"}),
            json!({"type": 0}),
            json!({"type": 0, "nsp": 1}),
            json!({"type": 0, "nsp": "/", "data": null}),
            json!({"type": 0, "nsp": "/", "id": 1}),
            json!({"type": 1, "nsp": "/", "data": {}}),
            json!({"type": 2, "nsp": "/"}),
            json!({"type": 2, "nsp": "/", "data": {}}),
            json!({"type": 2, "nsp": "/", "data": []}),
            json!({"type": 2, "nsp": "/", "data": [1]}),
            json!({"type": 2, "nsp": "/", "data": ["e"], "id": -1}),
            json!({"type": 2, "nsp": "/", "data": ["e"], "id": null}),
            json!({"type": 2, "nsp": "/", "data": ["e"], "id": 1.5}),
            json!({"type": 3, "nsp": "/", "data": []}),
            json!({"type": 3, "nsp": "/", "id": 1}),
            json!({"type": 4, "nsp": "/"}),
            json!({"type": 4, "nsp": "/", "data": []}),
        ] {
            let bytes = msgpack_value::write(&value.clone().into());
            assert!(
                matches!(decode(&bytes), Err(DecodeError::Syntax { .. })),
                "{value}"
            );
        }
    }
}
