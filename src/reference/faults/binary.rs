//! Attachments (Socket.IO v5, "Packet encoding", BINARY_EVENT and BINARY_ACK).

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Ending, Session},
        socket::Peer,
    },
    wire::{
        engine_io::{self, PacketData, PacketType},
        socket_io::Packet,
    },
};

faults!(BinaryFault {
    AsBase64 = "binary-as-base64": "Bytes are sent as base64 strings.";
    CountLow = "binary-ten-refused": "A packet with ten attachments is refused.";
    CountMalformedIgnored = "binary-count-malformed-ignored": "A binary packet whose number of attachments is none is skipped.", seen "python-socketio 5.18.1";
    CountMissingAccepted = "binary-count-missing-accepted": "A binary packet without a number of attachments is handled.";
    CountUnbounded = "binary-count-unbounded": "Any number of attachments is waited for.", seen "CVE-2026-33151";
    DecoderShared = "binary-decoder-shared": "Attachments that are due are waited for on all connections together.";
    EmptyDropped = "binary-empty-dropped": "An empty attachment is not taken for one.";
    FourthMisnumbered = "binary-fourth-misnumbered": "The fourth placeholder has the number of the third.";
    Interleaved = "binary-interleaved": "Another packet comes between a packet and its attachments.";
    NameUnchecked = "binary-name-unchecked": "An event with attachments that has no name is skipped, its attachments with it.";
    NumbersFromOne = "binary-numbers-from-one": "Placeholders are numbered from 1.";
    OrderSwapped = "binary-order-swapped": "Attachments are sent last to first.";
    PongBetweenCloses = "pong-between-attachments-closes": "A pong while attachments are due fails the connection.";
    PlaceholderUnchecked = "binary-placeholder-unchecked": "A placeholder that points nowhere is delivered as null.", seen "CVE-2022-2421";
    StrayIgnored = "binary-stray-ignored": "Bytes that no packet announced are skipped.";
    TextTakenAsAttachment = "binary-text-taken-as-attachment": "A text is taken for the attachment that is due.", seen "python-socketio 5.18.1";
    TiedToPost = "binary-tied-to-post": "Attachments that do not come in the POST of their packet fail the connection.";
    Truncated = "binary-truncated": "Attachments lose their last byte.";
});

/// The id of the session whose attachments are due.
#[derive(Eq, Hash, PartialEq)]
struct AttachmentsDue;

impl ScratchKey for AttachmentsDue {
    type Note = Box<str>;
}

/// One note for each attachment that is due for a skipped packet of the session with this id.
#[derive(Eq, Hash, PartialEq)]
struct SkippedAttachments(Box<str>);

impl ScratchKey for SkippedAttachments {
    type Note = ();
}

/// A packet may have so many attachments.
pub(in crate::reference) fn attachment_limit(faults: &FaultSet, right: usize) -> usize {
    if faults.has(BinaryFault::CountUnbounded) {
        usize::MAX
    } else if faults.has(BinaryFault::CountLow) {
        right.min(9)
    } else {
        right
    }
}

/// An empty message of bytes is an attachment like any other.
pub(in crate::reference) fn drops(faults: &FaultSet, message: &PacketData) -> bool {
    let empty = matches!(message, PacketData::Binary(bytes) if bytes.is_empty());
    empty && faults.has(BinaryFault::EmptyDropped)
}

/// The heartbeat goes on while attachments are due.
pub(in crate::reference) fn pong(session: &Session) {
    let due = session.peer.as_ref().is_some_and(|peer| peer.awaited() > 0);
    if due && session.faults().has(BinaryFault::PongBetweenCloses) {
        session.close(Ending::ParseError);
    }
}

/// Attachments are due on the connection of their packet; returns whether this message is taken for
/// one of another connection.
pub(in crate::reference) fn is_foreign(session: &Session, message: &PacketData) -> bool {
    if !session.faults().has(BinaryFault::DecoderShared) {
        return false;
    }
    let due = session.server.scratch.last(&AttachmentsDue);
    let elsewhere = due.is_some_and(|sid| sid != session.sid);
    elsewhere && matches!(message, PacketData::Text(_))
}

/// Attachments are due from the packet to the last of them.
pub(in crate::reference) fn decoded(session: &Session, peer: &Peer) {
    if session.faults().has(BinaryFault::DecoderShared) {
        let scratch = &session.server.scratch;
        if peer.awaited() > 0 {
            scratch.replace(AttachmentsDue, session.sid.clone());
        } else if scratch.last(&AttachmentsDue).as_ref() == Some(&session.sid) {
            scratch.take(&AttachmentsDue);
        }
    }
}

/// Attachments may come in a later POST than their packet.
pub(in crate::reference) fn post_ends(session: &Session) {
    let due = session.peer.as_ref().is_some_and(|peer| peer.awaited() > 0);
    if due && session.faults().has(BinaryFault::TiedToPost) {
        session.close(Ending::ParseError);
    }
}

/// Whether a packet's text is an event with attachments whose name is no text.
pub(super) fn is_nameless(text: &str) -> bool {
    let rest = text.strip_prefix('5').and_then(|rest| rest.split_once('-'));
    rest.is_some_and(|(_, rest)| {
        let json = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        json.starts_with('{') || json.starts_with("[{")
    })
}

/// Awaits the attachments of a packet that is skipped.
pub(super) fn await_in_vain(session: &Session, text: &str) {
    let number = text.get(1..).and_then(|rest| rest.split_once('-'));
    let number = number.and_then(|(digits, _)| digits.parse().ok());
    for _ in 0..number.unwrap_or(0_usize) {
        let key = SkippedAttachments(session.sid.clone());
        session.server.scratch.add(key, ());
    }
}

/// Whether bytes belong to a packet that was skipped.
pub(super) fn was_awaited(session: &Session) -> bool {
    let key = SkippedAttachments(session.sid.clone());
    session.server.scratch.take_first(&key).is_some()
}

/// Bytes stay bytes.
pub(super) fn altered(faults: &FaultSet, packet: &mut Packet) {
    if faults.has(BinaryFault::AsBase64)
        && let Packet::Event { args, .. } | Packet::Ack { args, .. } = packet
    {
        args.iter_mut().for_each(base64);
    }
}

fn base64(data: &mut Data) {
    match data {
        Data::Bytes(bytes) => *data = Data::from(BASE64_STANDARD.encode(bytes)),
        Data::Array(items) => items.iter_mut().for_each(base64),
        Data::Object(fields) => fields.values_mut().for_each(base64),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
    }
}

/// A packet's messages are its text and its attachments, in this order and nothing else.
pub(in crate::reference) fn messages(faults: &FaultSet, messages: &mut Vec<engine_io::Packet>) {
    if faults.is_empty() || messages.len() < 2 {
        return;
    }
    if faults.has(BinaryFault::OrderSwapped)
        && let Some(attachments) = messages.get_mut(1..)
    {
        attachments.reverse();
    }
    if faults.has(BinaryFault::NumbersFromOne) {
        for number in (0..messages.len()).rev() {
            if let Some(first) = messages.first_mut()
                && let PacketData::Text(text) = &mut first.data
            {
                let (right, wrong) = (
                    format!("\"num\":{number}}}"),
                    format!("\"num\":{}}}", number + 1),
                );
                *text = text.as_str().replace(&right, &wrong).into();
            }
        }
    }
    if faults.has(BinaryFault::FourthMisnumbered)
        && let Some(first) = messages.first_mut()
        && let PacketData::Text(text) = &mut first.data
    {
        *text = text.as_str().replace("\"num\":3}", "\"num\":2}").into();
    }
    if faults.has(BinaryFault::Truncated) {
        for message in messages.iter_mut() {
            if let PacketData::Binary(bytes) = &mut message.data {
                bytes.truncate(bytes.len().saturating_sub(1));
            }
        }
    }
    if faults.has(BinaryFault::Interleaved) {
        let other = engine_io::Packet::text(PacketType::Message, r#"2["interleaved"]"#);
        messages.insert(1, other);
    }
}
