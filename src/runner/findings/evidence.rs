//! Formats journal entries for people, and lists what a client received instead of what was expected.

use std::collections::HashSet;

use crate::{
    client::{ConnectFailure, Ended, EndedHow, Entry, HttpResponse, Outgoing, What},
    runner::{clients::Link, waiting::ping::is_fence},
    text::{and_more, excerpt, hex_head, keep_ends},
    wire::{
        engine_io,
        socket_io::{self, AckId, Packet},
        websocket::{Frame, OpCode},
    },
};

/// The limit on journal entries that a failure report lists under "received".
const CAME: usize = 5;

/// How many of the last journal entries are compared with what a step awaited, so that a flood costs little time.
const COMPARED: usize = 200;

/// The limit of one line in bytes; renderers may shorten it further.
const LINE_BYTES: usize = 2_000;

/// Returns true if an entry belongs to a fence, that is, to a round trip that the runner added to the scenario.
pub(super) fn belongs_to_fence(entry: &Entry, fences: &HashSet<AckId>) -> bool {
    match &entry.what {
        What::Socket(Packet::Ack { id, .. }) => fences.contains(id),
        What::Frame(frame) | What::Sent(Outgoing::Frame(frame)) => is_fence(frame),
        What::Sent(Outgoing::Packet(text)) => {
            sent_ack_id(text).is_some_and(|id| fences.contains(&id))
        }
        _ => false,
    }
}

/// Returns the ack id in the text of an event that sockspec sent.
fn sent_ack_id(text: &str) -> Option<AckId> {
    let rest = text.strip_prefix("42")?;
    let rest = match rest.strip_prefix('/') {
        Some(rest) => rest.split_once(',')?.1,
        None => rest,
    };
    let digits = rest
        .split(|character: char| !character.is_ascii_digit())
        .next()?;
    digits.parse().ok().map(AckId)
}

/// Returns true if an entry holds what the client received, or says that the server ended the connection.
pub(in crate::runner) fn is_received(entry: &Entry) -> bool {
    match &entry.what {
        What::Ended(ended) => !ended.by_us,
        What::Sent(_) => false,
        What::Bytes(_)
        | What::Frame(_)
        | What::Http(_)
        | What::Illegal { .. }
        | What::Message(_)
        | What::Oversize(_)
        | What::Packet(_)
        | What::Socket(_) => true,
    }
}

/// Returns a journal entry as a line of text.
pub(in crate::runner) fn line(entry: &Entry) -> String {
    let text = match &entry.what {
        What::Bytes(bytes) => readable(bytes),
        What::Ended(ended) => describe_end(ended),
        What::Frame(frame) => describe_frame(frame),
        What::Http(response) => describe_response(response),
        What::Illegal { illegal, raw } => {
            format!("illegal {}: {illegal}: {}", illegal.layer(), readable(raw))
        }
        What::Message(data) => describe_packet_data(data),
        What::Oversize(limit) => format!("more than sockspec accepts: {limit}"),
        What::Packet(packet) => packet.encode_text().to_string(),
        What::Sent(outgoing) => match outgoing {
            Outgoing::Bytes(bytes) => readable(bytes),
            Outgoing::Frame(frame) => describe_frame(frame),
            Outgoing::Http {
                method,
                target,
                body,
            } if body.is_empty() => format!("{method} {target}"),
            Outgoing::Http {
                method,
                target,
                body,
            } => format!("{method} {target} {}", readable(body)),
            Outgoing::Packet(text) => text.to_string(),
        },
        What::Socket(packet) => describe_packet(packet),
    };
    bounded(text)
}

/// Returns a journal entry of a connection as a line of text. A packet of a connection with envelopes is shown as the
/// message that carried it.
pub(in crate::runner) fn line_on(link: &Link, entry: &Entry) -> String {
    let message = match (&link.envelopes, &entry.what) {
        (Some(envelopes), What::Socket(packet)) => envelopes.received(packet),
        _ => None,
    };
    message.map_or_else(|| line(entry), bounded)
}

/// Returns true if an entry of a connection with envelopes is the CONNECT that stands for its handshake.
pub(super) fn stands_for_no_message(link: &Link, entry: &Entry) -> bool {
    link.envelopes.is_some() && matches!(entry.what, What::Socket(Packet::Connect { .. }))
}

/// Returns what a packet is, inside a sentence: "the event `news`".
pub(in crate::runner) fn name_packet(packet: &Packet) -> String {
    match packet {
        Packet::Ack { id, .. } => format!("the acknowledgement {id}"),
        Packet::Connect { .. } => "a CONNECT packet".to_owned(),
        Packet::ConnectError { .. } => "a CONNECT_ERROR packet".to_owned(),
        Packet::Disconnect { .. } => "a DISCONNECT packet".to_owned(),
        Packet::Event { name, .. } => format!("the event `{}`", bounded(name.clone())),
    }
}

fn describe_packet_data(data: &engine_io::PacketData) -> String {
    match data {
        engine_io::PacketData::Binary(bytes) => format!("binary {}", readable(bytes)),
        engine_io::PacketData::Text(text) => text.to_string(),
    }
}

/// Returns a Socket.IO packet as it stood on the wire, with `{"$bytes": hex}` in place of each attachment.
pub(super) fn describe_packet(packet: &Packet) -> String {
    let encoded = socket_io::encode(packet);
    if encoded.attachments.is_empty() {
        return format!("4{}", encoded.text);
    }
    let (kind, id, values) = match packet {
        Packet::Event { id, name, args, .. } => {
            let mut values = vec![crate::data::Data::from(name.as_str())];
            values.extend(args.iter().cloned());
            (
                "45",
                id.map(|id| id.to_string()).unwrap_or_default(),
                crate::data::Data::Array(values),
            )
        }
        Packet::Ack { id, args, .. } => {
            ("46", id.to_string(), crate::data::Data::Array(args.clone()))
        }
        Packet::Connect { .. } | Packet::Disconnect { .. } | Packet::ConnectError { .. } => {
            return format!("4{}", encoded.text);
        }
    };
    let namespace = if packet.namespace() == "/" {
        String::new()
    } else {
        format!("{},", packet.namespace())
    };
    format!(
        "{kind}{}-{namespace}{id}{values}",
        encoded.attachments.len()
    )
}

/// Returns a frame as a line: `[text] hi`.
pub(in crate::runner) fn describe_frame(frame: &Frame) -> String {
    let fin = if frame.fin { "" } else { " without FIN" };
    let rsv = if frame.rsv == 0 {
        String::new()
    } else {
        format!(" rsv {:03b}", frame.rsv)
    };
    let name = match frame.opcode {
        OpCode::Continuation => "continuation".to_owned(),
        OpCode::Text => "text".to_owned(),
        OpCode::Binary => "binary".to_owned(),
        OpCode::Close => "close".to_owned(),
        OpCode::Ping => "ping".to_owned(),
        OpCode::Pong => "pong".to_owned(),
        OpCode::Reserved(code) => format!("opcode {code:#x}"),
    };
    if frame.opcode == OpCode::Close && frame.payload.len() >= 2 {
        let code = frame
            .payload
            .first_chunk::<2>()
            .map(|code| u16::from_be_bytes(*code))
            .unwrap_or_default();
        return format!(
            "[{name}{fin}{rsv}] {code} {}",
            readable(frame.payload.get(2..).unwrap_or_default())
        );
    }
    format!("[{name}{fin}{rsv}] {}", readable(&frame.payload))
}

/// Returns a response as a line: `HTTP 400 {"code":3,…}`.
pub(in crate::runner) fn describe_response(response: &HttpResponse) -> String {
    bounded(format!(
        "HTTP {} {}",
        response.status,
        readable(&response.body)
    ))
}

/// Returns bytes as text if they are UTF-8, else in hexadecimal.
pub(in crate::runner) fn readable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            format!("{} bytes {}", bytes.len(), hex_head(bytes, 64))
        }
    }
}

/// Returns the first byte of a message or a frame, which says of what type it is.
pub(in crate::runner) fn beginning(bytes: &[u8]) -> String {
    readable(bytes.get(..1).unwrap_or(bytes))
}

/// Returns a text without its middle if it is long.
pub(in crate::runner) fn bounded(text: String) -> String {
    keep_ends(text, LINE_BYTES)
}

/// Returns the way in which a connection ended, in words.
pub(in crate::runner) fn how(how: EndedHow) -> &'static str {
    match how {
        EndedHow::CloseFrame => "a close frame",
        EndedHow::ClosePacket => "an Engine.IO close packet",
        EndedHow::Eof => "the end of the stream",
        EndedHow::GivenUp => "giving up",
        EndedHow::HttpError => "an HTTP error",
        EndedHow::Reset => "a reset",
    }
}

/// How the lines begin that say that sockspec ended a connection.
pub(in crate::runner) const ENDED_BY_US: &str = "sockspec ended the connection";

/// Returns how a connection ended, as a clause.
///
/// The code and the reason are those of the server's close frame, even if sockspec sent its close frame first.
pub(in crate::runner) fn describe_end(ended: &Ended) -> String {
    let how = how(ended.how);
    let code = ended.code.map(|code| code.0.to_string());
    let reason = match ended.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({})", bounded(reason.to_owned())),
    };
    let text = match (ended.by_us, ended.how, code) {
        (true, EndedHow::GivenUp, None) => {
            format!("sockspec gave up the connection{reason}")
        }
        (true, _, None) => format!("{ENDED_BY_US} with {how}{reason}"),
        (true, _, Some(code)) => format!(
            "{ENDED_BY_US} with {how}; the server answered with a close frame {code}{reason}"
        ),
        (false, EndedHow::CloseFrame, Some(code)) => {
            format!("the connection ended with {how} {code}{reason}")
        }
        (false, _, Some(code)) => {
            format!("the connection ended with {how}, then a close frame {code}{reason}")
        }
        (false, _, None) => format!("the connection ended with {how}{reason}"),
    };
    match ended.kept_open {
        true => format!("{text}; the server kept the stream open"),
        false => text,
    }
}

/// Returns text that says how a connection ended, or that the connection is open.
pub(in crate::runner) fn how_it_ended(link: &Link) -> String {
    let entries = link.connection.journal().entries();
    let ended = entries.iter().rev().find_map(|entry| match &entry.what {
        What::Ended(ended) => Some(describe_end(ended)),
        _ => None,
    });
    ended.unwrap_or_else(|| "an open connection".to_owned())
}

/// Returns the journal entry at `index` as text, which a failure report shows under "received".
pub(in crate::runner) fn came_at(link: &Link, index: usize) -> String {
    let entries = link.connection.journal().entries();
    entries
        .get(index)
        .map_or_else(|| "nothing".to_owned(), line)
}

/// Returns what the client received from the journal index `from` on as text, which a failure report shows under
/// "received".
pub(in crate::runner) fn came_since(link: &Link, from: usize) -> String {
    let fences = link.state().fences.clone();
    let entries = link.connection.journal().entries();
    let came = entries.iter().skip(from).filter(|entry| {
        is_received(entry)
            && !belongs_to_fence(entry, &fences)
            && !stands_for_no_message(link, entry)
    });
    list(link, came)
}

/// The part of the traffic to which an awaited packet or frame belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Traffic {
    /// WebSocket frames.
    Frames,
    /// Packets and messages, which frames and HTTP responses carry.
    Packets,
}

impl Traffic {
    /// Returns true if an entry is listed: each packet is in the journal together with what carried it.
    fn lists(self, entry: &Entry) -> bool {
        match &entry.what {
            What::Frame(frame) => self == Self::Frames || frame.opcode.is_control(),
            What::Message(_) | What::Packet(_) => self == Self::Packets,
            What::Http(response) => response.status >= 400,
            What::Bytes(_)
            | What::Ended(_)
            | What::Illegal { .. }
            | What::Oversize(_)
            | What::Sent(_)
            | What::Socket(_) => true,
        }
    }
}

/// Returns what the client received from the journal index `from` on as text, which a failure report shows under
/// "received". Lists what begins most like `awaited` first, and otherwise what came last.
pub(in crate::runner) fn came_like(
    link: &Link,
    from: usize,
    traffic: Traffic,
    awaited: &str,
) -> String {
    let fences = link.state().fences.clone();
    let entries = link.connection.journal().entries();
    let came = entries.iter().enumerate().skip(from).rev();
    let mut came = came.filter(|(index, entry)| {
        traffic.lists(entry)
            && is_received(entry)
            && !belongs_to_fence(entry, &fences)
            && !link.is_own_open_packet(*index, entry)
    });
    let compared = came.by_ref().take(COMPARED);
    let mut lines: Vec<_> = compared.map(|(_, entry)| line_on(link, entry)).collect();
    let likeness = |line: &String| {
        let pairs = line.chars().zip(awaited.chars());
        pairs.take_while(|(came, awaited)| came == awaited).count()
    };
    lines.sort_by_key(|line| std::cmp::Reverse(likeness(line)));
    let more = came.count() + lines.len().saturating_sub(CAME);
    lines.truncate(CAME);
    if lines.is_empty() {
        return "nothing".to_owned();
    }
    if more > 0 {
        lines.push(and_more(more));
    }
    lines.join("\n")
}

/// Returns what the client received from the journal index `from` on as part of a sentence: "nothing", or the first
/// entry and whether there are more.
pub(in crate::runner) fn came_briefly(link: &Link, from: usize) -> String {
    briefly(&came_since(link, from))
}

/// Returns a list of what a client received as part of a sentence: the first line, and whether there are more.
pub(in crate::runner) fn briefly(came: &str) -> String {
    let mut lines = came.lines();
    let first = excerpt(lines.next().unwrap_or_default());
    match lines.count() {
        0 => first,
        _ => format!("{first} and more"),
    }
}

/// Returns the events that no step has claimed, that is, received as expected, as text that a failure report shows
/// under "received". `None` if there is no such event. Leaves out the journal entry with the index `except`.
pub(in crate::runner) fn unclaimed_events(link: &Link, except: Option<usize>) -> Option<String> {
    let mut state = link.state();
    let entries = link.connection.journal().entries();
    state.received.read(&entries);
    let unclaimed = state.received.unclaimed_events(None, &entries);
    let mut others = unclaimed
        .filter(|(index, _)| except != Some(*index))
        .map(|(_, entry)| entry)
        .peekable();
    others.peek()?;
    Some(list(link, others))
}

/// Returns the first entries as lines, one below the other, and how many entries were left out. Returns "nothing" if
/// there are no entries. A server may send many entries, so only the entries that are shown become text.
fn list<'e>(link: &Link, mut entries: impl Iterator<Item = &'e Entry>) -> String {
    let shown = entries.by_ref().take(CAME);
    let mut lines: Vec<_> = shown.map(|entry| line_on(link, entry)).collect();
    match (lines.len(), entries.count()) {
        (0, _) => return "nothing".to_owned(),
        (_, 0) => {}
        (_, more) => lines.push(and_more(more)),
    }
    lines.join("\n")
}

/// Returns, as text, what the server sent on a connection that failed to open.
pub(in crate::runner) fn describe_failure(failure: &ConnectFailure) -> String {
    match failure {
        ConnectFailure::Ended { came, .. }
        | ConnectFailure::NotHttp { came, .. }
        | ConnectFailure::OpenPacket { came, .. }
        | ConnectFailure::Reset { came, .. }
        | ConnectFailure::TimedOut { came, .. } => bounded(came.clone()),
        ConnectFailure::Handshake { response, .. } | ConnectFailure::Refused { response } => {
            describe_response(response)
        }
        ConnectFailure::Unreachable { .. }
        | ConnectFailure::Tls { .. }
        | ConnectFailure::TooLarge { .. }
        | ConnectFailure::TooMuch { .. }
        | ConnectFailure::Upgrade { .. } => bounded(failure.to_string()),
    }
}
