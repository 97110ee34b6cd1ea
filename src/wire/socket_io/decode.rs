//! Decodes Engine.IO messages to packets (Socket.IO v5, "Packet encoding").

use bytes::Bytes;

use super::{DecodeError, Limits, Packet, parse::parse};
use crate::data::Data;

/// Decodes the packets of one direction of a connection, including their attachments.
///
/// The decoder accepts no packet that socket.io-parser 4.2.7 refuses. It refuses some packets that
/// socket.io-parser accepts:
///
/// - white space or an empty text in the place of the type, a number or the data, which JavaScript
///   reads as the number 0;
/// - an event, acknowledgement or refusal without data;
/// - an acknowledgement without an id, or an id in packets that are not acknowledged;
/// - a number as the name of an event, because the protocol requires a string;
/// - an id beyond 64 bits, a number beyond the range of a double, or a placeholder whose number is
///   not an integer;
/// - data with more than 128 nested levels.
///
/// Escapes of lone surrogates, which are not valid Unicode, are read as U+FFFD.
///
/// The caller has to check for reserved event names, such as `connect`. A namespace is the text up to
/// the comma; version 5 has no query after it.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    pending: Option<Pending>,
}

/// A binary packet whose attachments have not all arrived.
#[derive(Debug)]
struct Pending {
    packet: Packet,
    missing: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
}

impl Decoder {
    /// Creates a decoder.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            pending: None,
        }
    }

    /// Decodes the text of one Engine.IO message. Returns the packet unless attachments are missing.
    ///
    /// # Errors
    ///
    /// See [`DecodeError`].
    pub fn text(&mut self, text: &str) -> Result<Option<Packet>, DecodeError> {
        if let Some(pending) = &self.pending {
            return Err(DecodeError::TextInsteadOfAttachment {
                missing: pending.missing,
            });
        }
        let (packet, attachments) = parse(text, self.limits.attachments)?;
        match attachments {
            None => Ok(Some(packet)),
            Some(missing) => {
                self.pending = Some(Pending {
                    packet,
                    missing,
                    attachments: Vec::new(),
                    bytes: 0,
                });
                Ok(None)
            }
        }
    }

    /// Adds the attachment of one binary Engine.IO message. Returns a packet if the attachment completes one.
    ///
    /// # Errors
    ///
    /// See [`DecodeError`].
    pub fn binary(&mut self, attachment: Bytes) -> Result<Option<Packet>, DecodeError> {
        let Some(mut pending) = self.pending.take() else {
            return Err(DecodeError::UnexpectedBinary);
        };
        pending.bytes += attachment.len();
        if pending.bytes > self.limits.attachment_bytes {
            return Err(DecodeError::TooLarge {
                what: "bytes of attachments",
                limit: self.limits.attachment_bytes,
            });
        }
        pending.attachments.push(attachment);
        pending.missing -= 1;
        if pending.missing > 0 {
            self.pending = Some(pending);
            return Ok(None);
        }
        insert_attachments(&mut pending.packet, &pending.attachments)?;
        Ok(Some(pending.packet))
    }

    /// Returns the number of attachments that the decoder still waits for.
    pub fn missing_attachments(&self) -> usize {
        self.pending.as_ref().map_or(0, |pending| pending.missing)
    }
}

/// Replaces the placeholders of a packet by their attachments.
fn insert_attachments(packet: &mut Packet, attachments: &[Bytes]) -> Result<(), DecodeError> {
    let (Packet::Event { args, .. } | Packet::Ack { args, .. }) = packet else {
        return Ok(());
    };
    args.iter_mut()
        .try_for_each(|arg| replace_placeholders(arg, attachments))
}

fn replace_placeholders(data: &mut Data, attachments: &[Bytes]) -> Result<(), DecodeError> {
    match data {
        Data::Array(items) => items
            .iter_mut()
            .try_for_each(|item| replace_placeholders(item, attachments)),
        Data::Object(fields) if fields.get("_placeholder") == Some(&Data::Bool(true)) => {
            let num = fields.get("num");
            let attachment = num
                .and_then(Data::as_u64)
                .and_then(|num| attachments.get(usize::try_from(num).ok()?));
            let Some(attachment) = attachment else {
                return Err(DecodeError::Placeholder {
                    num: num.map_or_else(|| "absent".to_owned(), ToString::to_string),
                    attachments: attachments.len(),
                });
            };
            *data = Data::Bytes(attachment.clone());
            Ok(())
        }
        Data::Object(fields) => fields
            .values_mut()
            .try_for_each(|value| replace_placeholders(value, attachments)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Bytes(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::socket_io::{AckId, PacketKind, SyntaxRule};

    const LIMITS: Limits = Limits {
        attachments: 10,
        attachment_bytes: 100,
    };

    fn decode(text: &str) -> Result<Option<Packet>, DecodeError> {
        Decoder::new(LIMITS).text(text)
    }

    #[test]
    fn packets_survive_a_round_trip() {
        let event = |namespace: &str, id, args| Packet::Event {
            namespace: namespace.to_owned(),
            id,
            name: "e".to_owned(),
            args,
        };
        let bytes = Data::Bytes(Bytes::from_static(b"xyz"));
        let packets = [
            Packet::Connect {
                namespace: "/".to_owned(),
                payload: None,
            },
            Packet::Connect {
                namespace: "/a".to_owned(),
                payload: Some(Data::object([("t", Data::Null)])),
            },
            Packet::Disconnect {
                namespace: "/a".to_owned(),
            },
            event("/", None, vec![]),
            event("/a", Some(AckId(7)), vec![Data::from("x"), bytes.clone()]),
            Packet::Ack {
                namespace: "/".to_owned(),
                id: AckId(0),
                args: vec![Data::Array(vec![bytes])],
            },
            Packet::ConnectError {
                namespace: "/".to_owned(),
                payload: Data::from("no"),
            },
        ];
        for packet in packets {
            let encoded = super::super::encode(&packet);
            let mut decoder = Decoder::new(LIMITS);
            let mut decoded = decoder.text(&encoded.text).unwrap();
            for attachment in encoded.attachments {
                assert_eq!(decoded, None);
                decoded = decoder.binary(attachment).unwrap();
            }
            assert_eq!(decoded, Some(packet));
            assert_eq!(decoder.missing_attachments(), 0);
        }
    }

    #[test]
    fn errors_name_the_rule_and_the_position() {
        for text in [
            "",
            "9",
            "a",
            "0[]",
            "0\"x\"",
            "1{}",
            "2",
            "2{}",
            "2[]",
            "2[1]",
            "2[null]",
            "3[]",
            "30",
            "30{}",
            "4",
            "4[]",
            "5[\"e\"]",
            "5-[\"e\"]",
            "5x-[\"e\"]",
            "2[\"e\"",
            "2[\"e\"]x",
            "0{",
            "299999999999999999999[\"e\"]",
            "2 [\"e\"]",
            "2\n[\"e\"]",
            "2-1[\"e\"]",
            "21.5[\"e\"]",
            "2/a[\"e\"]",
            "3",
            "31",
            "01",
            "0null",
            "0 {}",
            "0a,",
            "11",
            "41{}",
            "4 {}",
            "50-[\"e\"]",
            "500-[\"e\"]",
            "51.0-[\"e\"]",
            "51e0-[\"e\"]",
            "51-[{\"_placeholder\":true,\"num\":0}]",
            "2[\"e\",1e999]",
        ] {
            assert!(
                matches!(decode(text), Err(DecodeError::Syntax { .. })),
                "{text:?}: {:?}",
                decode(text)
            );
        }
        assert!(matches!(
            decode("511-[\"e\"]"),
            Err(DecodeError::TooLarge { .. })
        ));
        let nested = format!("2[\"e\",{}{}]", "[".repeat(200), "]".repeat(200));
        assert_eq!(
            decode(&nested).unwrap_err().to_string(),
            "nesting of data exceeds the limit of 128"
        );
        assert_eq!(
            decode("2/a,[\"e\",\n 1,x]"),
            Err(DecodeError::Syntax {
                rule: SyntaxRule::DataNotJson {
                    packet: PacketKind::Event,
                    cause: "expected value".to_owned()
                },
                offset: 13
            })
        );
        assert_eq!(
            Decoder::new(LIMITS).binary(Bytes::new()),
            Err(DecodeError::UnexpectedBinary)
        );
    }

    #[test]
    fn escapes_of_lone_surrogates_are_read_as_replacement_characters() {
        for (text, read) in [
            (r#"2["\ud800"]"#, "\u{fffd}"),
            (r#"2["\uDFFFx"]"#, "\u{fffd}x"),
            (r#"2["\ud83d\ude00\ud800\ud83d\ude00"]"#, "😀\u{fffd}😀"),
            (r#"2["\\ud800\ude00"]"#, "\\ud800\u{fffd}"),
            (r#"2["\ud800\n"]"#, "\u{fffd}\n"),
        ] {
            let packet = decode(text).unwrap().unwrap();
            assert!(
                matches!(&packet, Packet::Event { name, .. } if name == read),
                "{text}: {packet:?}"
            );
        }
        for text in [r#"2["\ud800"#, r#"2["\ud8"]"#, r#"2["\ud800\"#] {
            assert!(decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn attachments_have_to_follow_their_packet() {
        let mut decoder = Decoder::new(LIMITS);
        assert_eq!(
            decoder.text(r#"51-["e",{"_placeholder":true,"num":"0"}]"#),
            Ok(None)
        );
        assert_eq!(
            decoder.text("2[\"e\"]"),
            Err(DecodeError::TextInsteadOfAttachment { missing: 1 })
        );
        assert!(matches!(
            decoder.binary(Bytes::new()),
            Err(DecodeError::Placeholder { .. })
        ));
        let mut heavy = Decoder::new(LIMITS);
        heavy.text(r#"51-["e"]"#).unwrap();
        assert!(matches!(
            heavy.binary(Bytes::from(vec![0; 101])),
            Err(DecodeError::TooLarge { .. })
        ));
    }
}
