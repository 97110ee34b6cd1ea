//! Faults in the handling of attachments (Socket.IO v5, "Packet encoding", BINARY_EVENT and
//! BINARY_ACK).

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
    AsBase64 = "binary-as-base64": "The server sends bytes in events and acknowledgements as base64 strings, not as attachments.";
    CountLow = "binary-ten-refused": "The server refuses a packet with ten attachments, although ten are allowed.";
    CountMalformedIgnored = "binary-count-malformed-ignored": "The server ignores a binary packet whose attachment count is not a number, where it has to close the connection.", seen "python-socketio 5.18.1";
    CountMissingAccepted = "binary-count-missing-accepted": "The server handles a binary packet that has no attachment count, where it has to close the connection.";
    CountUnbounded = "binary-count-unbounded": "The server does not limit the number of attachments that a packet may announce.", seen "CVE-2026-33151";
    DecoderShared = "binary-decoder-shared": "While the server waits for an attachment on one connection, it refuses text messages on all other connections.";
    EmptyDropped = "binary-empty-dropped": "The server drops attachments of zero bytes that a client sends.";
    FourthMisnumbered = "binary-fourth-misnumbered": "In a packet with four or more attachments, the server makes the placeholder of the fourth attachment point to the third.";
    Interleaved = "binary-interleaved": "The server sends another packet between the text of a packet and its attachments.";
    NameUnchecked = "binary-name-unchecked": "The server ignores a binary event whose name is not a string, where it has to close the connection.";
    NumbersFromOne = "binary-numbers-from-one": "In the packets that it sends, the server numbers the placeholders of attachments from 1, not from 0.";
    OrderSwapped = "binary-order-swapped": "The server sends the attachments of a packet in reverse order.";
    PongBetweenCloses = "pong-between-attachments-closes": "The server closes the connection when a pong packet arrives between the attachments of a packet.";
    PlaceholderUnchecked = "binary-placeholder-unchecked": "When a client's event has a placeholder that points to no attachment, the server handles the event with null in its place.", seen "CVE-2022-2421";
    StrayIgnored = "binary-stray-ignored": "The server ignores a binary message that no packet has announced as its attachment, where it has to close the connection.";
    TextTakenAsAttachment = "binary-text-taken-as-attachment": "While the server waits for an attachment, it takes a text message as the attachment, where it has to close the connection.", seen "python-socketio 5.18.1";
    TiedToPost = "binary-tied-to-post": "On long-polling, the server closes the connection if the attachments of a packet are in another POST than the packet.";
    Truncated = "binary-truncated": "The server leaves out the last byte of every attachment that it sends.";
});

/// The key under which the fault `binary-decoder-shared` remembers the id of the session on which
/// the server waits for attachments.
#[derive(Eq, Hash, PartialEq)]
struct AttachmentsDue;

impl ScratchKey for AttachmentsDue {
    type Note = Box<str>;
}

/// The key under which a fault remembers the attachments of a packet that it has skipped, so that
/// the server skips them too. One empty value is stored for each attachment. The field of the key
/// is the session id.
#[derive(Eq, Hash, PartialEq)]
struct SkippedAttachments(Box<str>);

impl ScratchKey for SkippedAttachments {
    type Note = ();
}

impl FaultSet {
    /// Returns the largest number of attachments that a packet may have. Without faults this is
    /// `right`, the limit of the JavaScript server.
    pub(in crate::reference) fn attachment_limit(&self, right: usize) -> usize {
        if self.has(BinaryFault::CountUnbounded) {
            usize::MAX
        } else if self.has(BinaryFault::CountLow) {
            right.min(9)
        } else {
            right
        }
    }

    /// Returns true if the message is an empty attachment and the fault `binary-empty-dropped` is
    /// active.
    pub(in crate::reference) fn drops_attachment(&self, message: &PacketData) -> bool {
        let empty = matches!(message, PacketData::Binary(bytes) if bytes.is_empty());
        empty && self.has(BinaryFault::EmptyDropped)
    }

    /// Closes the connection if the server waits for attachments and the fault
    /// `pong-between-attachments-closes` is active.
    pub(in crate::reference) fn close_on_pong(&self, session: &Session) {
        let due = Peer::of(session).is_some_and(|peer| peer.attachments_due() > 0);
        if due && self.has(BinaryFault::PongBetweenCloses) {
            session.close(Ending::ParseError);
        }
    }

    /// Returns true if the fault `binary-decoder-shared` makes the server refuse this message: it
    /// is a text, and the server waits for an attachment on another connection.
    pub(in crate::reference) fn belongs_to_other(
        &self,
        session: &Session,
        message: &PacketData,
    ) -> bool {
        if !self.has(BinaryFault::DecoderShared) {
            return false;
        }
        let due = session.server.scratch.last(&AttachmentsDue);
        let elsewhere = due.is_some_and(|sid| sid != session.sid);
        elsewhere && matches!(message, PacketData::Text(_))
    }

    /// Records whether the server waits for attachments on this connection, for the fault
    /// `binary-decoder-shared`.
    pub(in crate::reference) fn note_attachments_due(&self, session: &Session, peer: &Peer) {
        if self.has(BinaryFault::DecoderShared) {
            let scratch = &session.server.scratch;
            if peer.attachments_due() > 0 {
                scratch.replace(AttachmentsDue, session.sid.clone());
            } else if scratch.last(&AttachmentsDue).as_ref() == Some(&session.sid) {
                scratch.take(&AttachmentsDue);
            }
        }
    }

    /// Closes the connection if attachments are missing at the end of a POST and the fault
    /// `binary-tied-to-post` is active.
    pub(in crate::reference) fn close_after_post(&self, session: &Session) {
        let due = Peer::of(session).is_some_and(|peer| peer.attachments_due() > 0);
        if due && self.has(BinaryFault::TiedToPost) {
            session.close(Ending::ParseError);
        }
    }

    /// Changes the Engine.IO messages of a packet (its text, then its attachments) as the active
    /// faults demand.
    pub(in crate::reference) fn alter_messages(&self, messages: &mut Vec<engine_io::Packet>) {
        if self.is_empty() || messages.len() < 2 {
            return;
        }
        if self.has(BinaryFault::OrderSwapped)
            && let Some(attachments) = messages.get_mut(1..)
        {
            attachments.reverse();
        }
        if self.has(BinaryFault::NumbersFromOne) {
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
        if self.has(BinaryFault::FourthMisnumbered)
            && let Some(first) = messages.first_mut()
            && let PacketData::Text(text) = &mut first.data
        {
            *text = text.as_str().replace("\"num\":3}", "\"num\":2}").into();
        }
        if self.has(BinaryFault::Truncated) {
            for message in messages.iter_mut() {
                if let PacketData::Binary(bytes) = &mut message.data {
                    bytes.truncate(bytes.len().saturating_sub(1));
                }
            }
        }
        if self.has(BinaryFault::Interleaved) {
            let other = engine_io::Packet::text(PacketType::Message, r#"2["interleaved"]"#);
            messages.insert(1, other);
        }
    }
}

/// Returns true if the text is a binary event (an event with attachments) and the event's name is
/// not a string.
pub(super) fn is_nameless(text: &str) -> bool {
    let rest = text.strip_prefix('5').and_then(|rest| rest.split_once('-'));
    rest.is_some_and(|(_, rest)| {
        let json = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        json.starts_with('{') || json.starts_with("[{")
    })
}

/// Records how many attachments follow a packet that a fault skips, so that the server skips the
/// attachments too.
pub(super) fn note_skipped_attachments(session: &Session, text: &str) {
    let number = text.get(1..).and_then(|rest| rest.split_once('-'));
    let number = number.and_then(|(digits, _)| digits.parse().ok());
    for _ in 0..number.unwrap_or(0_usize) {
        let key = SkippedAttachments(session.sid.clone());
        session.server.scratch.add(key, ());
    }
}

/// Returns true if the server has to skip the binary message that has just arrived, because it is
/// an attachment of a packet that a fault has skipped. Counts the attachment as skipped.
pub(super) fn takes_skipped_attachment(session: &Session) -> bool {
    let key = SkippedAttachments(session.sid.clone());
    session.server.scratch.take_first(&key).is_some()
}

/// Replaces bytes by base64 strings if the fault `binary-as-base64` is active.
pub(super) fn encode_as_base64(faults: &FaultSet, packet: &mut Packet) {
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
