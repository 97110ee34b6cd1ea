//! Parses the text of one packet.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, SeqAccess, Visitor},
};

use super::{AckId, DecodeError, Packet, PacketKind, SyntaxRule};
use crate::data::Data;

/// The largest number of nested arrays and objects, which is serde_json's limit.
const MAX_DEPTH: usize = 128;

/// Parses `<type>[<attachments>-][<namespace>,][<id>][<json>]`. Also returns the number of attachments
/// that a binary packet announces.
pub(super) fn parse(
    text: &str,
    max_attachments: usize,
) -> Result<(Packet, Option<usize>), DecodeError> {
    let mut cursor = Cursor { text, offset: 0 };
    let kind = cursor.kind()?;
    let attachments = match kind {
        b'5' | b'6' => Some(cursor.attachments(max_attachments)?),
        _ => None,
    };
    let namespace = cursor.namespace();
    let id = cursor.id()?;
    let packet = match kind {
        b'0' => {
            cursor.no_id(id, PacketKind::Connect)?;
            let payload = if cursor.rest().is_empty() {
                None
            } else {
                Some(cursor.data(PacketKind::Connect, OBJECT)?)
            };
            Packet::Connect { namespace, payload }
        }
        b'1' => {
            cursor.no_id(id, PacketKind::Disconnect)?;
            if !cursor.rest().is_empty() {
                return Err(syntax(SyntaxRule::DataOfDisconnect, cursor.offset));
            }
            Packet::Disconnect { namespace }
        }
        b'2' | b'5' => {
            let NameAndArgs { name, args } = cursor.data(PacketKind::Event, ARRAY)?;
            let name = match name {
                Some(Data::String(name)) => name,
                Some(other) => {
                    let rule = SyntaxRule::EventNameNotString(other.kind());
                    return Err(syntax(rule, cursor.offset + 1));
                }
                None => return Err(syntax(SyntaxRule::EventWithoutName, cursor.offset)),
            };
            Packet::Event {
                namespace,
                id,
                name,
                args,
            }
        }
        b'3' | b'6' => {
            let id = id.ok_or_else(|| syntax(SyntaxRule::AckWithoutId, cursor.offset))?;
            Packet::Ack {
                namespace,
                id,
                args: cursor.data(PacketKind::Ack, ARRAY)?,
            }
        }
        _ => {
            cursor.no_id(id, PacketKind::ConnectError)?;
            Packet::ConnectError {
                payload: cursor.data(PacketKind::ConnectError, OBJECT_OR_STRING)?,
                namespace,
            }
        }
    };
    Ok((packet, attachments))
}

/// The JSON array of an event, divided into its first item (the event's name, if the array is not empty) and the
/// arguments after it.
struct NameAndArgs {
    name: Option<Data>,
    args: Vec<Data>,
}

impl<'de> Deserialize<'de> for NameAndArgs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;

        impl<'de> Visitor<'de> for Items {
            type Value = NameAndArgs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<NameAndArgs, A::Error> {
                let name = items.next_element()?;
                let mut args = Vec::new();
                while let Some(arg) = items.next_element()? {
                    args.push(arg);
                }
                Ok(NameAndArgs { name, args })
            }
        }

        deserializer.deserialize_seq(Items)
    }
}

/// The type of JSON that a packet's data has to have: the characters it can start with, and its description in error
/// messages.
#[derive(Clone, Copy)]
struct Shape {
    starts: &'static str,
    name: &'static str,
}

const ARRAY: Shape = Shape {
    starts: "[",
    name: "an array",
};
const OBJECT: Shape = Shape {
    starts: "{",
    name: "an object",
};
const OBJECT_OR_STRING: Shape = Shape {
    starts: "{\"",
    name: "an object or a string",
};

fn syntax(rule: SyntaxRule, offset: usize) -> DecodeError {
    DecodeError::Syntax { rule, offset }
}

/// Replaces each escape of a lone surrogate by U+FFFD. Returns `None` if there is no such escape.
///
/// RFC 8259 section 8.2 allows such escapes without a defined meaning. JavaScript reads and writes them,
/// but serde_json refuses them.
fn replace_lone_surrogates(json: &str) -> Option<String> {
    let escaped = |at: usize| {
        let digits = json.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut replaced = String::with_capacity(json.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = json.get(at..)?.find('\\') {
        at += found;
        let length = match (escaped(at), escaped(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                replaced.push_str(json.get(copied..at)?);
                replaced.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            // Skip the character after a backslash too, because an escaped backslash (`\\`) does not start another
            // escape.
            _ => 1 + json.get(at + 1..)?.chars().next()?.len_utf8(),
        };
        at += length;
    }
    if copied == 0 {
        return None;
    }
    replaced.push_str(json.get(copied..)?);
    Some(replaced)
}

/// The position up to which a packet's text has been parsed.
struct Cursor<'t> {
    text: &'t str,
    offset: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn kind(&mut self) -> Result<u8, DecodeError> {
        match self.text.as_bytes().first() {
            Some(kind @ b'0'..=b'6') => {
                self.offset = 1;
                Ok(*kind)
            }
            Some(_) => {
                let found = self.text.chars().next().unwrap_or_default();
                Err(syntax(SyntaxRule::UnknownType(format!("{found:?}")), 0))
            }
            None => Err(syntax(SyntaxRule::Empty, 0)),
        }
    }

    fn digits(&self) -> &'t str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !byte.is_ascii_digit());
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    fn attachments(&mut self, limit: usize) -> Result<usize, DecodeError> {
        let digits = self.digits();
        let followed = self.rest().as_bytes().get(digits.len()) == Some(&b'-');
        if digits.is_empty() || !followed {
            return Err(syntax(SyntaxRule::AttachmentsNotEnded, self.offset));
        }
        if digits.bytes().all(|digit| digit == b'0') {
            return Err(syntax(SyntaxRule::NoAttachments, self.offset));
        }
        let count = digits.parse().ok().filter(|count| *count <= limit);
        self.offset += digits.len() + 1;
        count.ok_or(DecodeError::TooLarge {
            what: "number of attachments",
            limit,
        })
    }

    fn namespace(&mut self) -> String {
        let rest = self.rest();
        if !rest.starts_with('/') {
            return "/".to_owned();
        }
        let end = rest.find(',');
        let namespace = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        self.offset += namespace.len() + usize::from(end.is_some());
        namespace.to_owned()
    }

    fn id(&mut self) -> Result<Option<AckId>, DecodeError> {
        let digits = self.digits();
        if digits.is_empty() {
            return Ok(None);
        }
        let id = digits
            .parse()
            .map_err(|_| syntax(SyntaxRule::AckIdOutOfRange(digits.to_owned()), self.offset))?;
        self.offset += digits.len();
        Ok(Some(AckId(id)))
    }

    fn no_id(&self, id: Option<AckId>, packet: PacketKind) -> Result<(), DecodeError> {
        match id {
            None => Ok(()),
            Some(_) => Err(syntax(SyntaxRule::AckIdNotAllowed(packet), self.offset)),
        }
    }

    /// Parses the rest of the text as JSON, which has to start as `shape` requires.
    fn data<T: DeserializeOwned>(
        &self,
        packet: PacketKind,
        shape: Shape,
    ) -> Result<T, DecodeError> {
        let rest = self.rest();
        if rest.is_empty() {
            return Err(syntax(SyntaxRule::NoData(packet), self.offset));
        }
        if !rest.starts_with(|start| shape.starts.contains(start)) {
            let rule = SyntaxRule::WrongData {
                packet,
                expected: shape.name,
            };
            return Err(syntax(rule, self.offset));
        }
        let read =
            serde_json::from_str(rest).or_else(|error| match replace_lone_surrogates(rest) {
                Some(replaced) => serde_json::from_str(&replaced),
                None => Err(error),
            });
        read.map_err(|error| {
            let message = error.to_string();
            // The JSON is valid, but nested deeper than serde_json allows. So this is no error of syntax.
            if message.starts_with("recursion limit exceeded") {
                return DecodeError::TooLarge {
                    what: "nesting of data",
                    limit: MAX_DEPTH,
                };
            }
            // Remove the line and the column from serde_json's message, because the error has its own position in the
            // text.
            let cause = message
                .split_once(" at line ")
                .map_or(message.as_str(), |(cause, _)| cause);
            let lines_before = error.line().saturating_sub(1);
            let line_start: usize = rest
                .split_inclusive('\n')
                .take(lines_before)
                .map(str::len)
                .sum();
            let column = error.column().saturating_sub(1);
            syntax(
                SyntaxRule::DataNotJson {
                    packet,
                    cause: cause.to_owned(),
                },
                self.offset + line_start + column,
            )
        })
    }
}
