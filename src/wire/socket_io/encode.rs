//! Packets to Engine.IO messages (Socket.IO v5, "Packet encoding").

use std::{cell::RefCell, fmt::Write as _};

use bytes::Bytes;
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::{AckId, Packet};
use crate::{data::Data, wire::Utf8Bytes};

/// One packet as it goes into Engine.IO messages: the text first, then each attachment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Encoded {
    /// The text message, without the Engine.IO type.
    pub text: Utf8Bytes,
    /// One binary message each.
    pub attachments: Vec<Bytes>,
}

/// Encodes a packet; byte strings are replaced by placeholders and become attachments.
pub fn encode(packet: &Packet) -> Encoded {
    let attachments = RefCell::new(Vec::new());
    let text = match packet {
        Packet::Connect { namespace, payload } => {
            let payload = payload.as_ref().map(|payload| json(payload, &attachments));
            assemble('0', 0, namespace, None, payload.as_deref())
        }
        Packet::Disconnect { namespace } => assemble('1', 0, namespace, None, None),
        Packet::Event {
            namespace,
            id,
            name,
            args,
        } => {
            let values = json(
                &Event {
                    name,
                    args,
                    attachments: &attachments,
                },
                &attachments,
            );
            let count = attachments.borrow().len();
            assemble(
                if count == 0 { '2' } else { '5' },
                count,
                namespace,
                *id,
                Some(&values),
            )
        }
        Packet::Ack {
            namespace,
            id,
            args,
        } => {
            let values = json(args.as_slice(), &attachments);
            let count = attachments.borrow().len();
            assemble(
                if count == 0 { '3' } else { '6' },
                count,
                namespace,
                Some(*id),
                Some(&values),
            )
        }
        Packet::ConnectError { namespace, payload } => {
            assemble('4', 0, namespace, None, Some(&json(payload, &attachments)))
        }
    };
    Encoded {
        text: Utf8Bytes::from(text),
        attachments: attachments.into_inner(),
    }
}

/// `<type>[<attachments>-][<namespace>,][<id>][<json>]`
fn assemble(
    kind: char,
    attachments: usize,
    namespace: &str,
    id: Option<AckId>,
    json: Option<&str>,
) -> String {
    let json = json.unwrap_or_default();
    let mut text = String::with_capacity(json.len() + namespace.len() + 24);
    text.push(kind);
    // Writing to a `String` can't fail.
    if attachments > 0 {
        let _ = write!(text, "{attachments}-");
    }
    if namespace != "/" {
        text.push_str(namespace);
        text.push(',');
    }
    if let Some(id) = id {
        let _ = write!(text, "{id}");
    }
    text.push_str(json);
    text
}

type Attachments = RefCell<Vec<Bytes>>;

/// A value that can be written as JSON while its byte strings are put aside.
trait Packable {
    fn pack<S: Serializer>(
        &self,
        serializer: S,
        attachments: &Attachments,
    ) -> Result<S::Ok, S::Error>;
}

struct Packed<'p, T: ?Sized>(&'p T, &'p Attachments);

impl<T: Packable + ?Sized> Serialize for Packed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.pack(serializer, self.1)
    }
}

fn json<T: Packable + ?Sized>(value: &T, attachments: &Attachments) -> String {
    // JSON values with string keys always serialise.
    serde_json::to_string(&Packed(value, attachments)).unwrap_or_default()
}

impl Packable for Data {
    fn pack<S: Serializer>(
        &self,
        serializer: S,
        attachments: &Attachments,
    ) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => {
                let num = attachments.borrow().len();
                attachments.borrow_mut().push(bytes.clone());
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("_placeholder", &true)?;
                map.serialize_entry("num", &num)?;
                map.end()
            }
            Self::Array(items) => items.as_slice().pack(serializer, attachments),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(key, &Packed(value, attachments))?;
                }
                map.end()
            }
        }
    }
}

impl Packable for [Data] {
    fn pack<S: Serializer>(
        &self,
        serializer: S,
        attachments: &Attachments,
    ) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.len()))?;
        for item in self {
            items.serialize_element(&Packed(item, attachments))?;
        }
        items.end()
    }
}

/// An event's name and arguments as one array.
struct Event<'e> {
    name: &'e str,
    args: &'e [Data],
    attachments: &'e Attachments,
}

impl Packable for Event<'_> {
    fn pack<S: Serializer>(&self, serializer: S, _: &Attachments) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.args.len() + 1))?;
        items.serialize_element(self.name)?;
        for item in self.args {
            items.serialize_element(&Packed(item, self.attachments))?;
        }
        items.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(namespace: &str, id: Option<u64>, args: Vec<Data>) -> Packet {
        Packet::Event {
            namespace: namespace.to_owned(),
            id: id.map(AckId),
            name: "e".to_owned(),
            args,
        }
    }

    #[test]
    fn the_protocol_documents_examples() {
        let text = |packet: &Packet| encode(packet).text.to_string();
        let main = || "/".to_owned();
        assert_eq!(
            text(&Packet::Connect {
                namespace: main(),
                payload: None
            }),
            "0"
        );
        let auth = Data::object([("token", Data::from("123"))]);
        assert_eq!(
            text(&Packet::Connect {
                namespace: "/admin".to_owned(),
                payload: Some(auth)
            }),
            r#"0/admin,{"token":"123"}"#
        );
        assert_eq!(
            text(&Packet::Disconnect {
                namespace: "/admin".to_owned()
            }),
            "1/admin,"
        );
        assert_eq!(text(&event("/", Some(12), vec![])), r#"212["e"]"#);
        assert_eq!(
            text(&Packet::Ack {
                namespace: "/admin".to_owned(),
                id: AckId(13),
                args: vec![]
            }),
            "3/admin,13[]"
        );
        assert_eq!(
            text(&Packet::ConnectError {
                namespace: main(),
                payload: Data::from("no")
            }),
            r#"4"no""#
        );
    }

    #[test]
    fn byte_strings_become_attachments_in_order() {
        let bytes = |byte: u8| Data::Bytes(Bytes::copy_from_slice(&[byte]));
        let encoded = encode(&event(
            "/",
            None,
            vec![bytes(1), Data::object([("b", bytes(2))])],
        ));
        assert_eq!(
            &*encoded.text,
            r#"52-["e",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}]"#
        );
        assert_eq!(encoded.attachments, [&[1][..], &[2][..]]);
    }
}
