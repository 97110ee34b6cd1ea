//! Values on their way to clients: they arrive as they were given.

use std::borrow::Cow;

use super::{binary, topic::faults};
use crate::{
    data::Data,
    reference::FaultSet,
    wire::{Utf8Bytes, socket_io::Packet},
};

faults!(PayloadFault {
    ByteOrderMarkStripped = "text-loses-byte-order-mark": "A byte order mark at the beginning of a text is removed.";
    ControlCharactersLost = "text-loses-control-characters": "Control characters are removed from texts.";
    DatesRevived = "text-dates-rewritten": "Texts that look like dates are read as dates, and written in another form.", seen "JSON revivers";
    DeepDropped = "deep-values-dropped": "What is nested more than twenty levels deep becomes null.";
    EmptyObjectsDropped = "event-empty-objects-dropped": "Empty arrays and objects become null.", seen "serialisers of PHP";
    LargeTruncated = "large-payload-truncated": "Strings are cut after 65536 characters.";
    LineEndsNormalised = "text-line-ends-normalised": "Line ends of two characters become one.";
    MarkupEscaped = "text-markup-escaped": "Angle brackets are escaped for HTML.", seen "sanitisers of input";
    NullFieldsDropped = "event-null-fields-dropped": "Fields that are null are removed from objects.";
    NumbersRounded = "numbers-rounded": "Numbers lose all but 24 bits.";
    OddKeysDropped = "event-odd-keys-dropped": "Keys with dots or blanks, and `constructor`, are removed from objects.", seen "sanitisers of document databases";
    TextNotUtf8Safe = "text-not-utf8-safe": "Characters outside ASCII become question marks.";
});

/// Values leave as they were given.
pub(in crate::reference) fn altered<'a>(faults: &FaultSet, packet: &'a Packet) -> Cow<'a, Packet> {
    if faults.is_empty() {
        return Cow::Borrowed(packet);
    }
    let mut packet = packet.clone();
    binary::altered(faults, &mut packet);
    if let Packet::Event { args, .. } | Packet::Ack { args, .. } = &mut packet {
        args.iter_mut().for_each(|arg| alter(faults, arg));
        if faults.has(PayloadFault::DeepDropped) {
            args.iter_mut().for_each(|arg| cut(arg, 20));
        }
    }
    Cow::Owned(packet)
}

fn alter(faults: &FaultSet, data: &mut Data) {
    match data {
        Data::String(text) => alter_text(faults, text),
        Data::Number(number) => {
            if faults.has(PayloadFault::NumbersRounded)
                && let Some(exact) = number.as_f64()
            {
                #[expect(clippy::cast_possible_truncation, reason = "the defect")]
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

/// Leaves so many levels of a value.
fn cut(data: &mut Data, levels: usize) {
    let Some(below) = levels.checked_sub(1) else {
        *data = Data::Null;
        return;
    };
    match data {
        Data::Array(items) => items.iter_mut().for_each(|item| cut(item, below)),
        Data::Object(fields) => fields.values_mut().for_each(|value| cut(value, below)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Bytes(_) => {}
    }
}

/// A plain WebSocket endpoint sends a text back as it is.
pub(in crate::reference) fn echoed(faults: &FaultSet, text: Utf8Bytes) -> Utf8Bytes {
    if faults.is_empty() {
        return text;
    }
    let mut altered = text.to_string();
    alter_text(faults, &mut altered);
    Utf8Bytes::from(altered)
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
