//! Packets, frames and responses as the texts of transcripts.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    names::Names,
    text::{Kind, Text, digest},
};
use crate::{
    client::{Ended, EndedHow, HttpResponse},
    data::{Data, hex},
    runner::findings::evidence,
    scenario::SnapshotRules,
    wire::{
        engine_io::SEPARATOR,
        socket_io::{AckId, Packet, msgpack},
        websocket::{Frame, OpCode},
    },
};

/// The limit on the bytes of a text inside a packet. A longer text is shown as its length and a digest.
const LONG_TEXT: usize = 300;

/// The limit on bytes inside a packet. More bytes are shown as their number and a digest.
const LONG_BYTES: usize = 64;

/// The bit of a frame that marks a compressed message.
const RSV1: u8 = 0b100;

/// The headers of responses that a transcript shows. Others differ from one version of an HTTP library to the next
/// (`date`, `etag`, `keep-alive`), or follow from the body.
const HEADERS: [&str; 11] = [
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "content-encoding",
    "content-type",
    "location",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "set-cookie",
];

/// Who sent a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sender {
    Client,
    Server,
}

impl Sender {
    /// Returns the kind of the ack id in an event of this sender.
    fn of_event(self) -> Kind {
        match self {
            Self::Client => Kind::ClientAck,
            Self::Server => Kind::ServerAck,
        }
    }

    /// Returns the kind of the ack id in an acknowledgement of this sender.
    fn of_ack(self) -> Kind {
        match self {
            Self::Client => Self::Server.of_event(),
            Self::Server => Self::Client.of_event(),
        }
    }
}

/// Whether a frame belongs to a compressed message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Compression {
    Off,
    On,
}

/// The compression of the messages in one direction of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compressed(Compression);

impl Default for Compressed {
    fn default() -> Self {
        Self(Compression::Off)
    }
}

impl Compressed {
    /// Returns whether the next frame belongs to a compressed message: RSV1 of the first frame of a message says so (RFC
    /// 7692 section 6).
    pub(super) fn next(&mut self, frame: &Frame) -> Compression {
        let own = match frame.rsv & RSV1 {
            0 => Compression::Off,
            _ => Compression::On,
        };
        match frame.opcode {
            OpCode::Binary | OpCode::Text => self.0 = own,
            OpCode::Continuation if own == Compression::Off => return self.0,
            _ => {}
        }
        own
    }
}

/// What the texts of an attempt's packets depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing<'a> {
    pub(super) names: &'a Names,
    /// The rules of the scenario and of the manifest.
    pub(super) rules: [&'a SnapshotRules; 2],
}

impl Writing<'_> {
    /// Returns a Socket.IO packet as it stood on the wire, with its attachments in place.
    pub(super) fn packet(&self, packet: &Packet, sender: Sender) -> Text {
        let (digit, id, body) = match packet {
            Packet::Connect { payload, .. } => {
                ('0', None, payload.as_ref().map(|data| self.json(data)))
            }
            Packet::Disconnect { .. } => ('1', None, None),
            Packet::Event { id, name, args, .. } => {
                let id = id.map(|id| (sender.of_event(), id));
                let name = std::iter::once(Data::from(name.as_str()));
                let values: Vec<_> = name.chain(self.ruled(args)).collect();
                let digit = if Data::Array(args.clone()).has_bytes() {
                    '5'
                } else {
                    '2'
                };
                (digit, id, Some(self.json(&Data::Array(values))))
            }
            Packet::Ack { id, args, .. } => {
                let digit = if Data::Array(args.clone()).has_bytes() {
                    '6'
                } else {
                    '3'
                };
                let values = Data::Array(self.ruled(args));
                (
                    digit,
                    Some((sender.of_ack(), *id)),
                    Some(self.json(&values)),
                )
            }
            Packet::ConnectError { payload, .. } => ('4', None, Some(self.json(payload))),
        };
        self.assembled(digit, packet.namespace(), id, body)
    }

    fn assembled(
        &self,
        digit: char,
        namespace: &str,
        id: Option<(Kind, AckId)>,
        body: Option<Value>,
    ) -> Text {
        let mut text = Text::from(format!("4{digit}"));
        if namespace != "/" {
            text.append(self.names.replace(namespace));
            text.push(",");
        }
        if let Some((kind, id)) = id {
            text.push_numbered(kind, id.to_string());
        }
        if let Some(body) = body {
            text.append(self.names.replace(&body.to_string()));
        }
        text
    }

    /// Returns the arguments of an event or an acknowledgement as the rules want them.
    fn ruled(&self, args: &[Data]) -> Vec<Data> {
        let [first, second] = self.rules;
        second.apply(&first.apply(args))
    }

    /// Returns a value as JSON, with digests in place of long texts and many bytes.
    fn json(&self, data: &Data) -> Value {
        match data {
            Data::String(text) if text.len() > LONG_TEXT => self.shortened(text.len(), text).into(),
            Data::Bytes(bytes) if bytes.len() > LONG_BYTES => {
                serde_json::json!({ "$bytes": self.shortened(bytes.len(), &hex(bytes)) })
            }
            Data::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Data::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, field)| (key.clone(), self.json(field)))
                    .collect(),
            ),
            other => other.to_json(),
        }
    }

    /// Returns what stands for a long text: the text itself if placeholders make it short, or else a digest. Values that
    /// differ from run to run don't change the digest.
    fn shortened(&self, length: usize, text: &str) -> String {
        let key = self.names.replace(text).key();
        match key.len() > LONG_TEXT {
            true => digest(length, &key),
            false => text.to_owned(),
        }
    }

    /// Returns the text of an Engine.IO packet. The ack id of the server's event gets the number of its first appearance,
    /// because some servers number the events of all clients together.
    pub(super) fn wire(&self, text: &str, sender: Sender) -> Text {
        let whole = || self.names.replace(text);
        let (kind, other) = match (text.get(..2), sender) {
            (Some("42" | "45"), Sender::Server) => (Sender::Server.of_event(), "42"),
            (Some("43" | "46"), Sender::Client) => (Sender::Client.of_ack(), "43"),
            _ => return whole(),
        };
        let Some(at) = text.find('[') else {
            return whole();
        };
        let (head, body) = text.split_at(at);
        let digits = head.len()
            - head
                .trim_end_matches(|character: char| character.is_ascii_digit())
                .len();
        let start = head.len() - digits;
        // The type of the packet is no id.
        let start = if start < other.len() {
            other.len()
        } else {
            start
        };
        let (head, id) = head.split_at(start.min(head.len()));
        if id.is_empty() {
            return whole();
        }
        let mut written = self.names.replace(head);
        written.push_numbered(kind, id.to_owned());
        written.append(self.names.replace(body));
        written
    }

    /// Returns the packet that bytes hold in the encoding of msgpack, or `None` if they hold none.
    pub(super) fn msgpack(&self, bytes: &[u8], sender: Sender) -> Option<Text> {
        let packet = msgpack::decode(bytes).ok()?;
        let mut text = Text::from("msgpack ".to_owned());
        text.append(self.packet(&packet, sender));
        Some(text)
    }

    /// Returns a text as it is, apart from placeholders.
    pub(super) fn plain(&self, text: &str) -> Text {
        self.names.replace(text)
    }

    /// Returns bytes as a text if they are UTF-8, else as text with escapes.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Text {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.names.replace(text),
            Err(_) => self.names.replace(&bytes.escape_ascii().to_string()),
        }
    }

    /// Returns bytes in hex, or a digest of many bytes.
    pub(super) fn binary(&self, bytes: &[u8]) -> Text {
        let in_hex = hex(bytes);
        match bytes.len() > LONG_BYTES {
            true => self.names.replace(&self.shortened(bytes.len(), &in_hex)),
            false => self.names.replace(&in_hex),
        }
    }

    /// Returns a WebSocket frame: its type and bits in brackets, then its payload.
    ///
    /// The payload of a frame of a compressed message is left out: the message shows the content, and the bytes depend on
    /// everything in it.
    pub(super) fn frame(&self, frame: &Frame, compression: Compression) -> Text {
        let (code, payload) = match frame.payload.split_first_chunk::<2>() {
            Some((code, reason)) if frame.opcode == OpCode::Close => {
                let space = if reason.is_empty() { "" } else { " " };
                (format!("{}{space}", u16::from_be_bytes(*code)), reason)
            }
            _ => (String::new(), &*frame.payload),
        };
        let empty = Frame {
            payload: bytes::Bytes::new(),
            ..frame.clone()
        };
        let mut text = Text::from(format!("{}{code}", evidence::describe_frame(&empty)));
        if compression == Compression::On {
            text.push("<compressed>");
            return text;
        }
        text.append(match std::str::from_utf8(payload) {
            Ok(payload) => self.names.replace(payload),
            Err(_) => self.binary(payload),
        });
        text
    }

    /// Returns an HTTP response: status, the headers that say what the server does, and the body.
    pub(super) fn response(&self, response: &HttpResponse) -> Text {
        let mut text = Text::from(format!("HTTP {}", response.status));
        let mut headers: Vec<_> = response.headers.iter().collect();
        headers.retain(|(name, _)| HEADERS.contains(&name.as_str()));
        headers.sort();
        for (name, value) in headers {
            text.push(&format!(" | {name}: "));
            text.append(self.names.replace(value));
        }
        if !response.body.is_empty() {
            text.push(" | ");
            text.append(self.bytes(&without_pings(&response.body)));
        }
        text
    }
}

/// Returns a payload without the pings of the server that stand beside other packets: a ping can come with any of them.
fn without_pings(body: &[u8]) -> Cow<'_, [u8]> {
    let packets = body.split(|byte| *byte == SEPARATOR as u8);
    let kept: Vec<_> = packets.filter(|packet| *packet != b"2").collect();
    match kept.is_empty() {
        true => Cow::Borrowed(body),
        false => Cow::Owned(kept.join(&(SEPARATOR as u8))),
    }
}

/// Returns how the server ended a connection. The operating system decides whether a connection without a close frame
/// ends with a reset or with the end of the stream, so both are one.
pub(super) fn end(ended: &Ended) -> String {
    let reason = match ended.reason.as_str() {
        "" => String::new(),
        reason => format!(" {reason}"),
    };
    match (ended.how, ended.code) {
        (_, Some(code)) => format!("closed: close frame {}{reason}", code.0),
        (EndedHow::CloseFrame, None) => "closed: close frame without a code".to_owned(),
        (EndedHow::ClosePacket, None) => "closed: close packet".to_owned(),
        (EndedHow::HttpError, None) => "closed: HTTP error".to_owned(),
        (EndedHow::GivenUp, None) => "closed: sockspec gave up the connection".to_owned(),
        (EndedHow::Eof | EndedHow::Reset, None) => "closed without a close frame".to_owned(),
    }
}
