//! Faults that change the values in events that the server sends.

use std::borrow::Cow;

use super::{binary, topic::faults};
use crate::{
    data::Data,
    reference::FaultSet,
    wire::{Utf8Bytes, socket_io::Packet},
};

faults!(PayloadFault {
    ByteOrderMarkStripped = "text-loses-byte-order-mark": "The server removes a byte order mark at the start of the strings that it sends.";
    ControlCharactersLost = "text-loses-control-characters": "The server removes control characters from the strings that it sends.";
    DatesRevived = "text-dates-rewritten": "The server parses strings that look like dates, and sends them in another form.", seen "JSON revivers";
    DeepDropped = "deep-values-dropped": "In the events that it sends, the server replaces values that are nested more than twenty levels deep by null.";
    EmptyObjectsDropped = "event-empty-objects-dropped": "In the events that it sends, the server replaces empty arrays and empty objects by null.", seen "serialisers of PHP";
    LargeTruncated = "large-payload-truncated": "The server cuts the strings that it sends after 65,536 characters.";
    LineEndsNormalised = "text-line-ends-normalised": "The server replaces CR LF by LF in the strings that it sends.";
    MarkupEscaped = "text-markup-escaped": "The server escapes `<` and `>` as for HTML in the strings that it sends.", seen "sanitisers of input";
    NullFieldsDropped = "event-null-fields-dropped": "In the objects that it sends, the server removes fields with the value null.";
    NumbersRounded = "numbers-rounded": "The server rounds the numbers that it sends to 24 bits (single precision).";
    OddKeysDropped = "event-odd-keys-dropped": "In the objects that it sends, the server removes fields whose name contains a dot or a blank or is `constructor`.", seen "sanitisers of document databases";
    TextNotUtf8Safe = "text-not-utf8-safe": "The server replaces characters outside ASCII by question marks in the strings that it sends.";
});

impl FaultSet {
    /// Returns the packet with its values, such as strings and numbers, changed as the active
    /// faults demand.
    pub(in crate::reference) fn alter_packet_values<'a>(
        &self,
        packet: &'a Packet,
    ) -> Cow<'a, Packet> {
        if self.is_empty() {
            return Cow::Borrowed(packet);
        }
        let mut packet = packet.clone();
        binary::encode_as_base64(self, &mut packet);
        if let Packet::Event { args, .. } | Packet::Ack { args, .. } = &mut packet {
            args.iter_mut().for_each(|arg| alter(self, arg));
            if self.has(PayloadFault::DeepDropped) {
                args.iter_mut().for_each(|arg| cut_below(arg, 20));
            }
        }
        Cow::Owned(packet)
    }

    /// Returns the text that a plain WebSocket endpoint echoes. Without faults this is `text`.
    pub(in crate::reference) fn alter_echo(&self, text: Utf8Bytes) -> Utf8Bytes {
        if self.is_empty() {
            return text;
        }
        let mut altered = text.to_string();
        alter_text(self, &mut altered);
        Utf8Bytes::from(altered)
    }
}

fn alter(faults: &FaultSet, data: &mut Data) {
    match data {
        Data::String(text) => alter_text(faults, text),
        Data::Number(number) => {
            if faults.has(PayloadFault::NumbersRounded)
                && let Some(exact) = number.as_f64()
            {
                #[expect(clippy::cast_possible_truncation, reason = "the fault rounds numbers")]
                let rounded = f64::from(exact as f32);
                let whole = serde_json::Number::from_f64(rounded);
                *number = whole.unwrap_or_else(|| number.clone());
            }
        }
        Data::Array(items) if items.is_empty() && faults.has(PayloadFault::EmptyObjectsDropped) => {
            *data = Data::Null;
        }
        Data::Object(fields)
            if fields.is_empty() && faults.has(PayloadFault::EmptyObjectsDropped) =>
        {
            *data = Data::Null;
        }
        Data::Array(items) => items.iter_mut().for_each(|item| alter(faults, item)),
        Data::Object(fields) => {
            if faults.has(PayloadFault::NullFieldsDropped) {
                fields.retain(|_, value| *value != Data::Null);
            }
            if faults.has(PayloadFault::OddKeysDropped) {
                fields.retain(|key, _| !key.contains(['.', ' ']) && key != "constructor");
            }
            fields.values_mut().for_each(|value| alter(faults, value));
        }
        Data::Null | Data::Bool(_) | Data::Bytes(_) => {}
    }
}

/// Replaces every value that is nested more than `levels` levels deep by null.
fn cut_below(data: &mut Data, levels: usize) {
    let Some(below) = levels.checked_sub(1) else {
        *data = Data::Null;
        return;
    };
    match data {
        Data::Array(items) => items.iter_mut().for_each(|item| cut_below(item, below)),
        Data::Object(fields) => fields
            .values_mut()
            .for_each(|value| cut_below(value, below)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Bytes(_) => {}
    }
}

fn alter_text(faults: &FaultSet, text: &mut String) {
    if faults.has(PayloadFault::TextNotUtf8Safe) {
        *text = text
            .chars()
            .map(|character| if character.is_ascii() { character } else { '?' })
            .collect();
    }
    if faults.has(PayloadFault::ControlCharactersLost) {
        text.retain(|character| !character.is_control());
    }
    if faults.has(PayloadFault::ByteOrderMarkStripped) && text.starts_with('\u{feff}') {
        text.remove(0);
    }
    if faults.has(PayloadFault::LineEndsNormalised) {
        *text = text.replace("\r\n", "\n");
    }
    if faults.has(PayloadFault::MarkupEscaped) {
        *text = text.replace('<', "&lt;").replace('>', "&gt;");
    }
    if faults.has(PayloadFault::DatesRevived) && text.len() == 20 && text.ends_with(":05Z") {
        *text = text.replace(":05Z", ":05.000Z");
    }
    if faults.has(PayloadFault::LargeTruncated)
        && let Some((end, _)) = text.char_indices().nth(65_536)
    {
        text.truncate(end);
    }
}
