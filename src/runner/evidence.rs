//! From journals to what people read: lines, and what came in place of what was awaited.

use std::collections::HashSet;

use tokio::time::Instant;

use super::{
    cast::{Client, Link},
    fence::is_fence,
    outcome::{ClientView, SeenLine},
};
use crate::{
    client::{ConnectFailure, Ended, EndedHow, Entry, HttpResponse, Outgoing, What},
    text::{hex_head, keep_ends},
    wire::{
        engine_io,
        socket_io::{self, AckId, Packet},
        websocket::{Frame, OpCode},
    },
};

/// Lines of one client that a failure shows.
const LINES: usize = 40;

/// Entries that "what came instead" lists.
const CAME: usize = 5;

/// Bytes of one line; renderers shorten further where they want to.
const LINE_BYTES: usize = 2_000;

/// What a client saw, the last [`LINES`] lines over all its connections.
pub(super) fn view(client: &Client, started: Instant) -> ClientView {
    let mut lines = Vec::new();
    for link in client.links() {
        let fences = link.state().fences.clone();
        let entries = link.connection.journal().entries();
        lines.extend(
            entries
                .iter()
                .filter(|entry| !belongs_to_fence(entry, &fences))
                .filter_map(|entry| {
                    let (received, text) = describe(entry)?;
                    Some(SeenLine {
                        at: entry.at.saturating_duration_since(started),
                        received,
                        text,
                    })
                }),
        );
    }
    let left_out = lines.len().saturating_sub(LINES);
    ClientView {
        client: client.spec.name.to_string(),
        lines: lines.split_off(left_out),
        left_out,
    }
}

/// Fences are the runner's own traffic: a failure reads better without them.
fn belongs_to_fence(entry: &Entry, fences: &HashSet<AckId>) -> bool {
    match &entry.what {
        What::Socket(Packet::Ack { id, .. }) => fences.contains(id),
        What::Frame(frame) | What::Sent(Outgoing::Frame(frame)) => is_fence(frame),
        What::Sent(Outgoing::Packet(text)) => {
            sent_ack_id(text).is_some_and(|id| fences.contains(&id))
        }
        _ => false,
    }
}

/// The ack id of an event that this side sent.
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

/// An entry as a line, and whether it was received; `None` for what nobody wants to read.
pub(super) fn describe(entry: &Entry) -> Option<(bool, String)> {
    let (received, text) = match &entry.what {
        What::Bytes(bytes) => (true, readable(bytes)),
        What::Ended(ended) => (!ended.by_us, describe_end(ended)),
        What::Frame(frame) => (true, describe_frame(frame)),
        What::Http(response) => (true, describe_response(response)),
        What::Illegal { illegal, raw } => (
            true,
            format!("illegal {}: {illegal}: {}", illegal.layer(), readable(raw)),
        ),
        What::Message(data) => (true, describe_packet_data(data)),
        What::Oversize(limit) => (true, format!("more than sockspec takes: {limit}")),
        What::Packet(packet) => (true, packet.encode_text().to_string()),
        What::Sent(outgoing) => (
            false,
            match outgoing {
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
        ),
        What::Socket(packet) => (true, describe_packet(packet)),
    };
    Some((received, bounded(text)))
}

fn describe_packet_data(data: &engine_io::PacketData) -> String {
    match data {
        engine_io::PacketData::Binary(bytes) => format!("binary {}", readable(bytes)),
        engine_io::PacketData::Text(text) => text.to_string(),
    }
}

/// A Socket.IO packet as it stood on the wire, attachments as `{"$bytes": hex}` in their place.
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

pub(super) fn describe_frame(frame: &Frame) -> String {
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

/// `HTTP 400 {"code":3,…}`.
pub(super) fn describe_response(response: &HttpResponse) -> String {
    bounded(format!(
        "HTTP {} {}",
        response.status,
        readable(&response.body)
    ))
}

/// Text where it is text, hex where it is not.
pub(super) fn readable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            format!("{} bytes {}", bytes.len(), hex_head(bytes, 64))
        }
    }
}

fn bounded(text: String) -> String {
    keep_ends(text, LINE_BYTES)
}

/// How a connection ended, for people.
pub(super) fn describe_end(ended: &Ended) -> String {
    let how = match ended.how {
        EndedHow::CloseFrame => "a close frame",
        EndedHow::ClosePacket => "an Engine.IO close packet",
        EndedHow::Eof => "the end of the stream",
        EndedHow::GivenUp => "giving up",
        EndedHow::HttpError => "an HTTP error",
        EndedHow::Reset => "a reset",
    };
    let by = if ended.by_us {
        "this side ended the connection with"
    } else {
        "the connection ended with"
    };
    let code = ended
        .code
        .map(|code| format!(" {}", code.0))
        .unwrap_or_default();
    let reason = if ended.reason.is_empty() {
        String::new()
    } else {
        format!(" ({})", bounded(ended.reason.clone()))
    };
    let kept_open = if ended.kept_open {
        "; the server kept the stream open"
    } else {
        ""
    };
    format!("{by} {how}{code}{reason}{kept_open}")
}

/// How a link ended, or that it is open.
pub(super) fn how_it_ended(link: &Link) -> String {
    let entries = link.connection.journal().entries();
    let ended = entries.iter().rev().find_map(|entry| match &entry.what {
        What::Ended(ended) => Some(describe_end(ended)),
        _ => None,
    });
    ended.unwrap_or_else(|| "an open connection".to_owned())
}

/// What came on a link at an index, for "received" in a finding.
pub(super) fn came_at(link: &Link, index: usize) -> String {
    let entries = link.connection.journal().entries();
    let described = entries.get(index).and_then(describe);
    described.map_or_else(|| "nothing".to_owned(), |(_, text)| text)
}

/// What came on a link from index `from` on, for "received" in a finding.
pub(super) fn came_since(link: &Link, from: usize) -> String {
    let fences = link.state().fences.clone();
    let entries = link.connection.journal().entries();
    let mut came: Vec<_> = entries
        .iter()
        .skip(from)
        .filter(|entry| !belongs_to_fence(entry, &fences))
        .filter_map(describe)
        .filter_map(|(received, text)| received.then_some(text))
        .collect();
    if came.is_empty() {
        return "nothing".to_owned();
    }
    let more = came.len().saturating_sub(CAME);
    came.truncate(CAME);
    if more > 0 {
        came.push(format!("… and {more} more"));
    }
    came.join("\n")
}

/// What a failed connection received.
pub(super) fn describe_failure(failure: &ConnectFailure) -> String {
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
        | ConnectFailure::Upgrade { .. } => bounded(failure.to_string()),
    }
}
