//! Envelopes: text messages of a plain WebSocket that hold an event with its payload.
//!
//! An envelope carries the events and answers that Socket.IO carries in packets, so the codec reads and writes
//! [`Packet::Event`] and [`Packet::Ack`]. A plain WebSocket has no namespaces: the caller names the one that packets
//! get.

use serde_json::Value;

use super::socket_io::{AckId, Packet};
use crate::data::Data;

/// The form of the messages that carry events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Envelope {
    /// An array of the event's name and its arguments: `["say", {"text": "hi"}]`.
    Array,
    /// JSON-RPC 2.0: events are notifications, and events that ask for an answer are requests.
    JsonRpc,
    /// An object with the event's name and its payload: `{"event": "say", "data": {"text": "hi"}}`.
    Object(Keys),
}

/// The names of the fields of an object that carries an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Keys {
    /// The field with the event's name.
    pub event: String,
    /// The field with the payload; `None` if the payload's fields stand beside the name of the event.
    pub data: Option<String>,
    /// The field with the number by which an answer names its request; `None` if answers name no request.
    pub id: Option<String>,
    /// Whether the result of a request comes as a message of its own without an envelope: `{"ok": true}`. The codec reads
    /// and writes such a message as an event without a name.
    pub has_bare_results: bool,
}

/// The version of JSON-RPC that every message names (JSON-RPC 2.0, section 4).
const JSON_RPC: &str = "2.0";

impl Envelope {
    /// Returns true if an answer names its request by a number.
    pub fn has_ids(&self) -> bool {
        match self {
            Self::Array => false,
            Self::JsonRpc => true,
            Self::Object(keys) => keys.id.is_some(),
        }
    }

    /// Returns true if both a request with these arguments and an answer with the same arguments can be carried without
    /// loss.
    pub fn carries(&self, args: &[Data]) -> bool {
        let has_place = match self {
            Self::Array => true,
            Self::JsonRpc => args.len() <= 1,
            Self::Object(keys) => match args {
                [] => true,
                [only] => keys.data.is_some() || only.as_object().is_some(),
                _ => false,
            },
        };
        has_place && !args.iter().any(Data::has_bytes)
    }

    /// Returns the message that carries a packet, or `None` if this form can't carry the packet.
    ///
    /// The first id on the wire is 1, because some servers take the id 0 for none.
    pub fn encode(&self, packet: &Packet) -> Option<String> {
        let message = match (self, packet) {
            (Self::Array, Packet::Event { name, args, .. }) => {
                let name = Value::from(name.as_str());
                let args = args.iter().map(Data::to_json);
                Value::Array(std::iter::once(name).chain(args).collect())
            }
            (Self::JsonRpc, Packet::Event { id, name, args, .. }) => {
                let mut fields = fields([
                    ("jsonrpc", JSON_RPC.into()),
                    ("method", name.as_str().into()),
                ]);
                if let Some(params) = params(args) {
                    fields.insert("params".to_owned(), params);
                }
                if let Some(id) = id {
                    fields.insert("id".to_owned(), on_wire(*id));
                }
                Value::Object(fields)
            }
            (Self::JsonRpc, Packet::Ack { id, args, .. }) => {
                let result = one(args).unwrap_or_default();
                let mut fields = fields([("jsonrpc", JSON_RPC.into()), ("id", on_wire(*id))]);
                match result.get("error").filter(|error| error.is_object()) {
                    Some(error) => fields.insert("error".to_owned(), error.clone()),
                    None => fields.insert("result".to_owned(), result),
                };
                Value::Object(fields)
            }
            (Self::Object(keys), Packet::Event { name, args, .. })
                if keys.has_bare_results && name.is_empty() =>
            {
                one(args).unwrap_or_default()
            }
            (Self::Object(keys), Packet::Event { id, name, args, .. }) => {
                let mut fields = fields([(keys.event.as_str(), name.as_str().into())]);
                let payload = keys.payload(args).into_iter();
                fields.extend(payload.filter(|(key, _)| *key != keys.event));
                if let (Some(key), Some(id)) = (&keys.id, id) {
                    fields.insert(key.clone(), on_wire(*id));
                }
                Value::Object(fields)
            }
            (Self::Object(keys), Packet::Ack { id, args, .. }) => {
                let mut fields = keys.payload(args);
                fields.insert(keys.id.clone()?, on_wire(*id));
                Value::Object(fields)
            }
            (Self::Array, Packet::Ack { .. })
            | (
                _,
                Packet::Connect { .. } | Packet::ConnectError { .. } | Packet::Disconnect { .. },
            ) => {
                return None;
            }
        };
        Some(message.to_string())
    }

    /// Returns the packets that a message carries, or none if the message is no envelope of this form.
    ///
    /// `is_asked` says whether the reader of the message has sent a request with this id. A message with the id of such
    /// a request is its answer; any other message with an id and a name is a request.
    pub fn decode(
        &self,
        text: &str,
        namespace: &str,
        is_asked: &dyn Fn(AckId) -> bool,
    ) -> Vec<Packet> {
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            return Vec::new();
        };
        let found =
            match (self, message) {
                (Self::Array, Value::Array(items)) => array(items),
                (Self::JsonRpc, Value::Array(batch)) => {
                    // A batch (JSON-RPC 2.0, section 6).
                    let all = batch.into_iter().map(|message| json_rpc(message, is_asked));
                    return all.flatten().map(|found| found.within(namespace)).collect();
                }
                (Self::JsonRpc, message) => json_rpc(message, is_asked),
                (Self::Object(keys), message) if keys.is_bare_result(&message) => Some(
                    Carried::Event(None, String::new(), vec![Data::from(message)]),
                ),
                (Self::Object(keys), Value::Object(fields)) => keys.read(fields, is_asked),
                (Self::Array | Self::Object(_), _) => None,
            };
        found
            .map(|found| found.within(namespace))
            .into_iter()
            .collect()
    }
}

/// What a message carries, without the namespace.
enum Carried {
    Answer(AckId, Vec<Data>),
    Event(Option<AckId>, String, Vec<Data>),
}

impl Carried {
    fn within(self, namespace: &str) -> Packet {
        let namespace = namespace.to_owned();
        match self {
            Self::Answer(id, args) => Packet::Ack {
                namespace,
                id,
                args,
            },
            Self::Event(id, name, args) => Packet::Event {
                namespace,
                id,
                name,
                args,
            },
        }
    }
}

impl Keys {
    /// Returns true if a message is the result of a request, without an envelope.
    fn is_bare_result(&self, message: &Value) -> bool {
        let name = message.get(&self.event);
        self.has_bare_results && !name.is_some_and(Value::is_string)
    }

    /// Returns the fields of a message with this payload.
    fn payload(&self, args: &[Data]) -> serde_json::Map<String, Value> {
        match (&self.data, one(args)) {
            (Some(key), Some(data)) => fields([(key.as_str(), data)]),
            (None, Some(Value::Object(fields))) => fields,
            // The form has no place for a payload that has no fields.
            (None, Some(data)) => fields([("data", data)]),
            (_, None) => serde_json::Map::new(),
        }
    }

    fn read(
        &self,
        mut fields: serde_json::Map<String, Value>,
        is_asked: &dyn Fn(AckId) -> bool,
    ) -> Option<Carried> {
        let id = self.id.as_ref().and_then(|key| fields.remove(key));
        let id = id.as_ref().and_then(from_wire);
        let name = fields.remove(&self.event);
        let name = name.as_ref().and_then(Value::as_str).map(str::to_owned);
        let data = match &self.data {
            // An answer can have an `error` in place of its payload.
            Some(key) => match (fields.remove(key), fields.remove("error")) {
                (None, Some(error)) => Some(Value::from_iter([("error", error)])),
                (data, _) => data,
            },
            None if fields.is_empty() => None,
            None => Some(Value::Object(fields)),
        };
        let args = data.into_iter().map(Data::from).collect();
        match (name, id) {
            (_, Some(id)) if is_asked(id) => Some(Carried::Answer(id, args)),
            (Some(name), id) => Some(Carried::Event(id, name, args)),
            (None, Some(id)) => Some(Carried::Answer(id, args)),
            (None, None) => None,
        }
    }
}

/// Reads an array of an event's name and its arguments.
fn array(items: Vec<Value>) -> Option<Carried> {
    let mut items = items.into_iter();
    let name = items.next()?.as_str()?.to_owned();
    Some(Carried::Event(None, name, items.map(Data::from).collect()))
}

/// Reads one message of JSON-RPC 2.0 (sections 4 and 5).
fn json_rpc(message: Value, is_asked: &dyn Fn(AckId) -> bool) -> Option<Carried> {
    let Value::Object(mut fields) = message else {
        return None;
    };
    let id = fields.get("id").and_then(from_wire);
    if let Some(Value::String(method)) = fields.remove("method") {
        let args = match fields.remove("params") {
            Some(Value::Array(items)) => items.into_iter().map(Data::from).collect(),
            Some(params) => vec![Data::from(params)],
            None => Vec::new(),
        };
        return Some(Carried::Event(id, method, args));
    }
    let id = id.filter(|id| is_asked(*id) || fields.contains_key("result"))?;
    let answer = match (fields.remove("error"), fields.remove("result")) {
        (Some(error), _) => Value::from_iter([("error", error)]),
        (None, result) => result?,
    };
    Some(Carried::Answer(id, vec![Data::from(answer)]))
}

fn fields<const N: usize>(pairs: [(&str, Value); N]) -> serde_json::Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Returns the arguments as one value: the only one, or a list of several.
fn one(args: &[Data]) -> Option<Value> {
    match args {
        [] => None,
        [only] => Some(only.to_json()),
        several => Some(several.iter().map(Data::to_json).collect()),
    }
}

/// Returns the arguments as `params`, which has to be an array or an object (JSON-RPC 2.0, section 4.2).
fn params(args: &[Data]) -> Option<Value> {
    match args {
        [] => None,
        [object @ Data::Object(_)] => Some(object.to_json()),
        args => Some(args.iter().map(Data::to_json).collect()),
    }
}

fn on_wire(id: AckId) -> Value {
    Value::from(id.0.saturating_add(1))
}

/// Returns the id that a message names as a number, or as a text that is a number.
fn from_wire(id: &Value) -> Option<AckId> {
    let number = match id {
        Value::String(text) => text.parse().ok(),
        id => id.as_u64(),
    };
    number?.checked_sub(1).map(AckId)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(data: Option<&str>, id: Option<&str>) -> Envelope {
        Envelope::Object(Keys {
            event: "event".to_owned(),
            data: data.map(str::to_owned),
            id: id.map(str::to_owned),
            has_bare_results: false,
        })
    }

    fn event(id: Option<u64>, args: &[Value]) -> Packet {
        Packet::Event {
            namespace: "/".to_owned(),
            id: id.map(AckId),
            name: "say".to_owned(),
            args: args.iter().cloned().map(Data::from).collect(),
        }
    }

    fn ack(id: u64, args: &[Value]) -> Packet {
        Packet::Ack {
            namespace: "/".to_owned(),
            id: AckId(id),
            args: args.iter().cloned().map(Data::from).collect(),
        }
    }

    fn decoded(envelope: &Envelope, text: &str) -> Vec<Packet> {
        envelope.decode(text, "/", &|id| id == AckId(6))
    }

    #[test]
    fn every_form_has_its_own_text() {
        let text = json!({"text": "hi"});
        let forms = [
            object(Some("data"), Some("id")),
            object(None, Some("seq")),
            object(Some("data"), None),
            Envelope::Array,
            Envelope::JsonRpc,
        ];
        let packets = [
            event(Some(6), &[text]),
            event(None, &[]),
            ack(6, &[json!(true)]),
        ];
        let texts: Vec<_> = forms
            .iter()
            .flat_map(|form| packets.iter().map(|packet| form.encode(packet)))
            .map(|text| text.unwrap_or_else(|| "nothing".to_owned()))
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r#"
        {"event":"say","data":{"text":"hi"},"id":7}
        {"event":"say"}
        {"data":true,"id":7}
        {"event":"say","text":"hi","seq":7}
        {"event":"say"}
        {"data":true,"seq":7}
        {"event":"say","data":{"text":"hi"}}
        {"event":"say"}
        nothing
        ["say",{"text":"hi"}]
        ["say"]
        nothing
        {"jsonrpc":"2.0","method":"say","params":{"text":"hi"},"id":7}
        {"jsonrpc":"2.0","method":"say"}
        {"jsonrpc":"2.0","id":7,"result":true}
        "#);
    }

    #[test]
    fn what_was_written_is_read_back() {
        let text = json!({"text": "hi"});
        for envelope in [
            object(Some("data"), Some("id")),
            object(None, Some("seq")),
            Envelope::JsonRpc,
        ] {
            for packet in [
                event(Some(5), std::slice::from_ref(&text)),
                event(None, &[]),
                ack(6, std::slice::from_ref(&text)),
            ] {
                let written = envelope.encode(&packet).unwrap();
                assert_eq!(decoded(&envelope, &written), [packet], "{written}");
            }
        }
        let several = event(None, &[json!(1), json!([2])]);
        let written = Envelope::Array.encode(&several).unwrap();
        assert_eq!(decoded(&Envelope::Array, &written), [several]);
    }

    #[test]
    fn a_message_with_the_id_of_a_request_is_its_answer() {
        let envelope = object(Some("data"), Some("id"));
        let answer = ack(6, &[json!({"ok": true})]);
        for text in [
            r#"{"event":"said","data":{"ok":true},"id":7}"#,
            r#"{"data":{"ok":true},"id":7}"#,
            r#"{"data":{"ok":true},"id":"7"}"#,
        ] {
            assert_eq!(
                decoded(&envelope, text),
                std::slice::from_ref(&answer),
                "{text}"
            );
        }
        let failed = ack(6, &[json!({"error": {"code": -3}})]);
        assert_eq!(
            decoded(&envelope, r#"{"id":7,"error":{"code":-3}}"#),
            std::slice::from_ref(&failed)
        );
        let response = r#"{"jsonrpc":"2.0","id":7,"error":{"code":-3}}"#;
        assert_eq!(
            decoded(&Envelope::JsonRpc, response),
            std::slice::from_ref(&failed)
        );
        let batch = format!("[{response},5,{response}]");
        assert_eq!(
            decoded(&Envelope::JsonRpc, &batch),
            [failed.clone(), failed]
        );
    }

    #[test]
    fn a_message_without_an_envelope_can_be_a_result() {
        let envelope = Envelope::Object(Keys {
            event: "event".to_owned(),
            data: Some("data".to_owned()),
            id: None,
            has_bare_results: true,
        });
        for text in [r#"{"ok":true}"#, "[1,2]", r#""done""#, "7", "null"] {
            let found = decoded(&envelope, text);
            let [packet @ Packet::Event { name, args, .. }] = &found[..] else {
                panic!("{text}: {found:?}");
            };
            assert_eq!((name.as_str(), args.len()), ("", 1), "{text}");
            assert_eq!(envelope.encode(packet).as_deref(), Some(text));
        }
        let event = decoded(&envelope, r#"{"event":"said","data":1}"#);
        assert!(matches!(&event[..], [Packet::Event { name, .. }] if name == "said"));
        assert_eq!(decoded(&envelope, "hi"), []);
    }

    #[test]
    fn other_messages_carry_no_packet() {
        let all = [
            object(Some("data"), Some("id")),
            Envelope::Array,
            Envelope::JsonRpc,
        ];
        for text in [
            "hi",
            "5",
            "null",
            "{}",
            "[]",
            "[5]",
            r#"{"event":5}"#,
            r#"{"id":0}"#,
        ] {
            for envelope in &all {
                assert_eq!(decoded(envelope, text), [], "{text}");
            }
        }
        let null_id = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}"#;
        assert_eq!(decoded(&Envelope::JsonRpc, null_id), []);
    }
}
