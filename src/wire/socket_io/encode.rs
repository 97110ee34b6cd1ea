//! Encodes packets as Engine.IO messages (Socket.IO v5, "Packet encoding").

use std::io::Write as _;

use bytes::Bytes;

use super::{AckId, Packet};
use crate::{data::Data, wire::Utf8Bytes};

/// One packet as Engine.IO messages. The text message is sent first, followed by each attachment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Encoded {
    /// The text message, without the Engine.IO type.
    pub text: Utf8Bytes,
    /// The attachments; each is one binary message.
    pub attachments: Vec<Bytes>,
}

/// Encodes a packet. Byte strings of events and acknowledgements become attachments, with placeholders
/// in the text.
///
/// Packets of other types can't have attachments. Their byte strings are written in the form that
/// `JSON.stringify` uses for a Node.js buffer, as in the JavaScript implementation.
pub fn encode(packet: &Packet) -> Encoded {
    let mut writer = Writer {
        text: Vec::with_capacity(TYPICAL_LENGTH),
        attachments: Vec::new(),
        binary: Binary::Inline,
    };
    match packet {
        Packet::Connect { namespace, payload } => {
            writer.head(b'0', namespace, None);
            if let Some(payload) = payload {
                writer.value(payload);
            }
        }
        Packet::Disconnect { namespace } => writer.head(b'1', namespace, None),
        Packet::Event {
            namespace,
            id,
            name,
            args,
        } => {
            writer.head_with_attachments([b'2', b'5'], args, namespace, *id);
            writer.text.push(b'[');
            writer.string(name);
            for arg in args {
                writer.text.push(b',');
                writer.value(arg);
            }
            writer.text.push(b']');
        }
        Packet::Ack {
            namespace,
            id,
            args,
        } => {
            writer.head_with_attachments([b'3', b'6'], args, namespace, Some(*id));
            writer.array(args);
        }
        Packet::ConnectError { namespace, payload } => {
            writer.head(b'4', namespace, None);
            writer.value(payload);
        }
    }
    Encoded {
        // The writer writes only UTF-8.
        text: Utf8Bytes::try_from(Bytes::from(writer.text)).unwrap_or_default(),
        attachments: writer.attachments,
    }
}

/// The initial capacity of the buffer for the text; most packets fit into it.
const TYPICAL_LENGTH: usize = 128;

/// Writes a packet as `<type>[<attachments>-][<namespace>,][<id>][<json>]`.
struct Writer {
    text: Vec<u8>,
    attachments: Vec<Bytes>,
    binary: Binary,
}

/// The form in which the encoder writes byte strings.
#[derive(Clone, Copy)]
enum Binary {
    /// As attachments, with placeholders in the text.
    Attached,
    /// As JSON in the text: `{"type":"Buffer","data":[…]}`.
    Inline,
}

impl Writer {
    /// Writes the part of an event or acknowledgement before its JSON. `plain` is the packet's type if `args` contain
    /// no bytes, `binary` its type if they do.
    fn head_with_attachments(
        &mut self,
        [plain, binary]: [u8; 2],
        args: &[Data],
        namespace: &str,
        id: Option<AckId>,
    ) {
        let attachments = count_bytes(args);
        if attachments == 0 {
            return self.head(plain, namespace, id);
        }
        self.binary = Binary::Attached;
        self.attachments.reserve(attachments);
        self.text.push(binary);
        self.display(attachments);
        self.text.push(b'-');
        self.namespace_and_id(namespace, id);
    }

    fn head(&mut self, kind: u8, namespace: &str, id: Option<AckId>) {
        self.text.push(kind);
        self.namespace_and_id(namespace, id);
    }

    fn namespace_and_id(&mut self, namespace: &str, id: Option<AckId>) {
        if namespace != "/" {
            self.text.extend_from_slice(namespace.as_bytes());
            self.text.push(b',');
        }
        if let Some(id) = id {
            self.display(id);
        }
    }

    fn value(&mut self, data: &Data) {
        match data {
            Data::Null => self.text.extend_from_slice(b"null"),
            Data::Bool(true) => self.text.extend_from_slice(b"true"),
            Data::Bool(false) => self.text.extend_from_slice(b"false"),
            Data::Number(number) => self.display(number),
            Data::String(text) => self.string(text),
            Data::Bytes(bytes) => self.bytes(bytes),
            Data::Array(items) => self.array(items),
            Data::Object(fields) => {
                self.text.push(b'{');
                for (index, (key, value)) in fields.iter().enumerate() {
                    if index > 0 {
                        self.text.push(b',');
                    }
                    self.string(key);
                    self.text.push(b':');
                    self.value(value);
                }
                self.text.push(b'}');
            }
        }
    }

    fn array(&mut self, items: &[Data]) {
        self.text.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            self.value(item);
        }
        self.text.push(b']');
    }

    fn bytes(&mut self, bytes: &Bytes) {
        match self.binary {
            Binary::Attached => {
                let num = self.attachments.len();
                self.text
                    .extend_from_slice(b"{\"_placeholder\":true,\"num\":");
                self.display(num);
                self.text.push(b'}');
                self.attachments.push(bytes.clone());
            }
            Binary::Inline => {
                self.text
                    .extend_from_slice(b"{\"type\":\"Buffer\",\"data\":[");
                for (index, byte) in bytes.iter().enumerate() {
                    if index > 0 {
                        self.text.push(b',');
                    }
                    self.display(byte);
                }
                self.text.extend_from_slice(b"]}");
            }
        }
    }

    fn string(&mut self, text: &str) {
        // Neither serializing a string nor writing to a `Vec` can fail.
        let _ = serde_json::to_writer(&mut self.text, text);
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        // Writing to a `Vec` can't fail.
        let _ = write!(self.text, "{value}");
    }
}

fn count_bytes(items: &[Data]) -> usize {
    items
        .iter()
        .map(|item| match item {
            Data::Bytes(_) => 1,
            Data::Array(items) => count_bytes(items),
            Data::Object(fields) => fields
                .values()
                .map(|value| count_bytes(std::slice::from_ref(value)))
                .sum(),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => 0,
        })
        .sum()
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
    fn examples_of_the_protocol_specification() {
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
        let buffer = Data::object([("b", Data::Bytes(Bytes::from_static(&[1, 255])))]);
        let refused = encode(&Packet::ConnectError {
            namespace: main(),
            payload: buffer,
        });
        assert_eq!(&*refused.text, r#"4{"b":{"type":"Buffer","data":[1,255]}}"#);
        assert_eq!(refused.attachments.len(), 0);
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
