//! Faults that change the contents of messages between the sender and the recipients.

use super::{questions::is_falsy, topic::faults};
use crate::{
    data::Data,
    reference::{FaultSet, socket::Call},
};

faults!(ContentFault {
    BlanksCollapsed = "message-blanks-collapsed": "The server replaces several blanks in a row by one blank in the text of a client's message to others.", seen "`text.replace(/\\s+/g, ' ')`";
    BytesCut = "message-bytes-cut": "When a client's message to other clients contains bytes, the server delivers only the first 256 of them.";
    Coerced = "message-value-coerced": "When the text of a client's message to others is not a string, the server converts it to a string.", seen "`String(payload.text)`";
    EchoInAscii = "echo-text-in-ascii": "When a client has the server return a text (`echo`), the server removes all letters that are not ASCII from the text.";
    EchoTrimmed = "echo-text-trimmed": "When a client has the server return a text (`echo`), the server removes blanks at the start and the end of the text.";
    FalsyDropped = "message-falsy-value-dropped": "When the text of a client's message to others is 0, false or \"\", the server delivers null in its place.", seen "`payload.text || null`";
    QuestionValueDropped = "question-value-dropped": "When a client has the server ask a question (`ask`) with the value 0, false or \"\", the server sends null in its place.";
    TextComposed = "message-text-composed": "The server changes the Unicode form of the text in a client's message to others: it composes a letter and its accent into one character.", seen "`text.normalize()`";
    TextCut = "message-text-cut": "The server delivers only the first 1000 characters of the text in a client's message to others.";
    TextCutShort = "message-text-cut-short": "The server delivers only the first 280 characters of the text in a client's message to others.";
    TextEscaped = "message-text-escaped": "The server escapes `&` and `<` as for HTML in the text of a client's message to others.";
    TextInAscii = "message-text-in-ascii": "The server removes all letters that are not ASCII from the text in a client's message to others.", seen "`text.replace(/[^\\x20-\\x7e]/g, '')`";
    TextInLetters = "message-text-in-letters": "The server keeps only letters, digits and blanks of the text in a client's message to others.";
    TextInLowerCase = "message-text-in-lower-case": "The server delivers the text in a client's message to others in lower case.";
    TextInOneLine = "message-text-in-one-line": "The server replaces line breaks by blanks in the text of a client's message to others.";
    TextTrimmed = "message-text-trimmed": "The server removes blanks at the start and the end of the text in a client's message to others.";
    TextWithoutMarkup = "message-text-without-markup": "The server removes HTML tags from the text of a client's message to others.", seen "`striptags`";
});

/// The names of the events with which a client sends a text to other clients.
const MESSAGES: [&str; 10] = [
    "announce",
    "announce-except",
    "announce-local",
    "announce-to-room",
    "announce-volatile",
    "send-direct",
    "send-except",
    "send-to-others",
    "send-to-room",
    "send-to-rooms",
];

/// Returns true if a client sends a text to other clients with the event `operation`.
pub(super) fn is_message(operation: &str) -> bool {
    MESSAGES.contains(&operation)
}

/// Changes the text, the bytes or the question in a client's event as the active faults demand.
pub(super) fn alter_contents(call: &mut Call) {
    let faults = call.socket.faults().clone();
    if call.name == "echo" {
        alter_echo(&faults, call);
        return;
    }
    let field = match call.name.as_str() {
        "ask" | "ask-room" => "value",
        "send-binary-to-room" => "data",
        name if is_message(name) => "text",
        _ => return,
    };
    let Some(Data::Object(fields)) = call.args.first_mut() else {
        return;
    };
    let Some(value) = fields.get_mut(field) else {
        return;
    };
    if field == "value" {
        if faults.has(ContentFault::QuestionValueDropped) && is_falsy(value) {
            *value = Data::Null;
        }
        return;
    }
    alter_value(&faults, value);
}

/// Changes the texts that a client has the server return.
fn alter_echo(faults: &FaultSet, call: &mut Call) {
    for arg in &mut call.args {
        if let Data::String(text) = arg {
            if faults.has(ContentFault::EchoTrimmed) {
                *text = text.trim().to_owned();
            }
            if faults.has(ContentFault::EchoInAscii) {
                text.retain(|letter| letter.is_ascii());
            }
        }
    }
}

fn alter_value(faults: &FaultSet, value: &mut Data) {
    if let Data::Bytes(bytes) = value {
        if faults.has(ContentFault::BytesCut) {
            *bytes = bytes.slice(..bytes.len().min(256));
        }
        return;
    }
    if faults.has(ContentFault::FalsyDropped) && is_falsy(value) {
        *value = Data::Null;
    }
    if faults.has(ContentFault::Coerced) && !matches!(value, Data::String(_)) {
        *value = Data::from(value.to_string());
    }
    if let Data::String(text) = value {
        *text = alter_text(faults, text);
    }
}

fn alter_text(faults: &FaultSet, text: &str) -> String {
    if faults.has(ContentFault::TextTrimmed) {
        return text.trim().to_owned();
    }
    if faults.has(ContentFault::TextEscaped) {
        return text.replace('&', "&amp;").replace('<', "&lt;");
    }
    if faults.has(ContentFault::TextComposed) {
        return text.replace("e\u{301}", "\u{e9}");
    }
    if faults.has(ContentFault::TextCut) {
        return text.chars().take(1000).collect();
    }
    if faults.has(ContentFault::TextCutShort) {
        return text.chars().take(280).collect();
    }
    if faults.has(ContentFault::TextInAscii) {
        return text.chars().filter(char::is_ascii).collect();
    }
    if faults.has(ContentFault::TextInLetters) {
        let is_kept = |letter: &char| letter.is_alphanumeric() || *letter == ' ';
        return text.chars().filter(is_kept).collect();
    }
    if faults.has(ContentFault::TextInLowerCase) {
        return text.to_lowercase();
    }
    if faults.has(ContentFault::BlanksCollapsed) {
        return collapse_blanks(text);
    }
    if faults.has(ContentFault::TextInOneLine) {
        return text.replace(['\r', '\n'], " ");
    }
    if faults.has(ContentFault::TextWithoutMarkup) {
        let parts = text.split('<');
        let kept = parts.map(|part| part.split_once('>').map_or(part, |(_, rest)| rest));
        return kept.collect();
    }
    text.to_owned()
}

/// Replaces several blanks in a row by one.
fn collapse_blanks(text: &str) -> String {
    let mut collapsed = text.to_owned();
    while collapsed.contains("  ") {
        collapsed = collapsed.replace("  ", " ");
    }
    collapsed
}
