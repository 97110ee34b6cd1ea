//! Rules that hold for everything every client receives, whatever a scenario is about.
//!
//! They need no step. A breach fails the scenario under the rule's own id, unless the scenario says
//! `without:` that id because breaking the rule is its subject.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use regex::Regex;

use super::{
    attempt::Attempt,
    cast::{Client, Link},
    evidence,
    finding::Finding,
};
use crate::{
    client::{Illegal, IllegalWebSocket, Layer, Outgoing, What},
    data::Data,
    scenario::Level,
    wire::socket_io::{AckId, Decoder, Limits, Packet, msgpack},
};

/// What a stack trace or a server-side path looks like.
static INTERNALS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\n\s+at \S+ \(.+:\d+:\d+\)",
        r"|\bat (?:async )?[\w.<>]+ \((?:file://|node:|/)[^)]*:\d+:\d+\)",
        r"|Traceback \(most recent call last\)",
        r#"|File "[^"]+\.py", line \d+"#,
        r"|/node_modules/|/site-packages/",
        r"|\bsrc/[\w/]+\.rs:\d+:\d+",
    ))
    .ok()
});

/// Holds everything that was received against the rules; gives every breach, the gravest evidence first.
pub(super) fn check(attempt: &Attempt<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut ids = Ids::default();
    for client in attempt.clients() {
        for link in client.links() {
            if link.layer == Layer::SocketIo {
                check_link(attempt, client, &link, &mut findings);
            } else {
                check_frames(attempt, client, &link, &mut findings);
            }
            ids.take(client, &link, &mut findings);
        }
    }
    findings.retain(|finding| {
        !finding
            .invariant
            .is_some_and(|id| attempt.scenario.without.iter().any(|off| off == id))
    });
    findings
}

/// On a connection opened by hand steps judge packets; frames must be legal whatever the client does.
fn check_frames(attempt: &Attempt<'_>, client: &Client, link: &Link, findings: &mut Vec<Finding>) {
    let entries = link.connection.journal().entries();
    for entry in entries.iter() {
        let What::Illegal { illegal, raw } = &entry.what else {
            continue;
        };
        let is_frame = match illegal {
            // A connection that is failed may end anywhere (RFC 6455 section 7.1.7).
            Illegal::WebSocket(IllegalWebSocket::StreamEndedInFrame) => false,
            Illegal::WebSocket(_) => true,
            Illegal::EngineIo(_) | Illegal::SocketIo(_) => false,
        };
        if is_frame && is_judged(attempt, illegal) {
            findings.push(ill_formed(client, illegal, raw));
        }
    }
}

/// Returns true if this scenario fails for `illegal`.
///
/// Data after the close frame fails only the scenario that verifies `ws.close.no-frames-after-server-close`: such data
/// does not change how the connection ended.
fn is_judged(attempt: &Attempt<'_>, illegal: &Illegal) -> bool {
    *illegal != Illegal::WebSocket(IllegalWebSocket::DataAfterClose)
        || attempt
            .scenario
            .verifies
            .iter()
            .any(|id| id == "ws.close.no-frames-after-server-close")
}

fn ill_formed(client: &Client, illegal: &Illegal, raw: &[u8]) -> Finding {
    let name = &client.spec.name;
    let layer = illegal.layer();
    Finding::new(format!(
        "{name} receives what no {layer} peer may send: {illegal}."
    ))
    .received(evidence::readable(raw))
    .invariant("invariant/well-formed")
}

/// What one namespace of one connection has been through.
#[derive(Debug, Default)]
struct Membership {
    answered: bool,
    /// It asked for what it missed, which comes before the answer.
    recovers: bool,
    left: bool,
    questions: HashSet<AckId>,
    acked: HashSet<AckId>,
}

fn check_link(attempt: &Attempt<'_>, client: &Client, link: &Link, findings: &mut Vec<Finding>) {
    let name = &client.spec.name;
    let mut memberships: HashMap<String, Membership> = HashMap::new();
    let entries = link.connection.journal().entries();
    for entry in entries.iter() {
        let line = || {
            evidence::describe(entry)
                .map(|(_, line)| line)
                .unwrap_or_default()
        };
        let packet = match &entry.what {
            What::Sent(outgoing) => {
                if let Some(packet) = sent(link, outgoing) {
                    note_sent(&mut memberships, packet);
                }
                continue;
            }
            What::Illegal { illegal, .. } if !is_judged(attempt, illegal) => continue,
            What::Illegal { illegal, raw } => {
                findings.push(ill_formed(client, illegal, raw));
                continue;
            }
            What::Socket(packet) => packet,
            _ => continue,
        };
        let membership = memberships
            .entry(packet.namespace().to_owned())
            .or_default();
        let namespace = packet.namespace();
        match packet {
            Packet::Connect { .. } | Packet::ConnectError { .. } => {
                membership.answered = true;
                membership.left = matches!(packet, Packet::ConnectError { .. });
            }
            Packet::Event { .. } | Packet::Ack { .. } | Packet::Disconnect { .. }
                if membership.left =>
            {
                findings.push(
                    Finding::new(format!("{name} receives something for {namespace} after it was told that it is out of it."))
                        .expected("nothing more for that namespace")
                        .received(line())
                        .invariant("invariant/nothing-after-disconnect"),
                );
            }
            Packet::Event { .. } | Packet::Ack { .. } | Packet::Disconnect { .. }
                if !membership.answered && !membership.recovers =>
            {
                // What an application says on connection may overtake the reply; clients keep it until then.
                let is_said = matches!(packet, Packet::Event { .. });
                let level =
                    (is_said && !attempt.target.knows_application()).then_some(Level::Should);
                findings.push(Finding {
                    level,
                    ..Finding::new(format!(
                        "{name} receives something for {namespace} before CONNECT is answered."
                    ))
                    .expected("CONNECT or CONNECT_ERROR first")
                    .received(line())
                    .invariant("invariant/connect-first")
                });
            }
            Packet::Ack { id, .. } => check_ack(name, membership, *id, line, findings),
            Packet::Disconnect { .. } => membership.left = true,
            Packet::Event { .. } => {}
        }
        check_contents(attempt, name, packet, line, findings);
    }
}

fn check_ack(
    name: &crate::scenario::ClientName,
    membership: &mut Membership,
    id: AckId,
    line: impl Fn() -> String,
    findings: &mut Vec<Finding>,
) {
    let sentence = if !membership.questions.contains(&id) {
        format!("{name} receives an acknowledgement with id {id}, which it never asked for.")
    } else if !membership.acked.insert(id) {
        format!("{name} receives a second acknowledgement with id {id}.")
    } else {
        return;
    };
    findings.push(
        Finding::new(sentence)
            .expected("one acknowledgement for each request")
            .received(line())
            .invariant("invariant/one-ack"),
    );
}

/// The Socket.IO packet in what this side sent.
fn sent(link: &Link, outgoing: &Outgoing) -> Option<Packet> {
    let text = match outgoing {
        Outgoing::Frame(frame) if link.msgpack => return msgpack::decode(&frame.payload).ok(),
        Outgoing::Packet(text) if link.msgpack => {
            let bytes = BASE64_STANDARD.decode(text.strip_prefix('b')?).ok()?;
            return msgpack::decode(&bytes).ok();
        }
        Outgoing::Packet(text) => text,
        Outgoing::Bytes(_) | Outgoing::Frame(_) | Outgoing::Http { .. } => return None,
    };
    let message = text.strip_prefix('4')?;
    let limits = Limits {
        attachments: usize::MAX,
        attachment_bytes: usize::MAX,
    };
    // A binary packet's text is enough here: only its namespace and id matter.
    let message = match message.split_once('-') {
        Some((head, rest)) if head.starts_with('5') => format!("2{rest}"),
        _ => message.to_owned(),
    };
    Decoder::new(limits).text(&message).ok()?
}

/// Whether a CONNECT asks for the session of a connection that is gone.
fn asks_for_recovery(packet: &Packet) -> bool {
    matches!(packet, Packet::Connect { payload: Some(auth), .. } if auth.get("pid").is_some())
}

/// What the client itself sent decides what may be answered.
fn note_sent(memberships: &mut HashMap<String, Membership>, packet: Packet) {
    let membership = memberships
        .entry(packet.namespace().to_owned())
        .or_default();
    match packet {
        // Whoever was told that it is out begins anew. Whoever left by itself may still receive what was
        // on its way, so what holds for it stays as it was.
        Packet::Connect { .. } if membership.left => *membership = Membership::default(),
        Packet::Connect { .. } => membership.recovers |= asks_for_recovery(&packet),
        Packet::Event { id: Some(id), .. } => {
            membership.questions.insert(id);
        }
        Packet::Event { .. }
        | Packet::Ack { .. }
        | Packet::Disconnect { .. }
        | Packet::ConnectError { .. } => {}
    }
}

fn check_contents(
    attempt: &Attempt<'_>,
    name: &crate::scenario::ClientName,
    packet: &Packet,
    line: impl Fn() -> String,
    findings: &mut Vec<Finding>,
) {
    let values: &[Data] = match packet {
        Packet::Event { args, .. } | Packet::Ack { args, .. } => args,
        Packet::ConnectError { payload, .. } => std::slice::from_ref(payload),
        Packet::Connect { .. } | Packet::Disconnect { .. } => return,
    };
    let has_text =
        |is_like: &dyn Fn(&str) -> bool| values.iter().any(|value| value.has_text(is_like));
    if has_text(&|text| attempt.secrets.found_in(text)) {
        findings.push(
            Finding::new(format!(
                "{name} receives a token or secret that the scenario used."
            ))
            .received(line())
            .invariant("invariant/no-secrets"),
        );
    }
    let Some(internals) = &*INTERNALS else { return };
    if has_text(&|text| internals.is_match(text)) {
        findings.push(
            Finding::new(format!(
                "{name} receives a stack trace or a path of the server's files."
            ))
            .received(line())
            .invariant("invariant/no-internals"),
        );
    }
}

/// Every id that was handed out in one attempt, and to whom.
#[derive(Debug, Default)]
struct Ids {
    sessions: HashMap<String, String>,
    /// Some servers use one id for all namespaces of a connection; that is their choice.
    sockets: HashMap<String, (String, usize)>,
    links: usize,
}

impl Ids {
    fn take(&mut self, client: &Client, link: &Link, findings: &mut Vec<Finding>) {
        self.links += 1;
        let name = client.spec.name.to_string();
        let clash = |kind: &str, id: &str, other: &str| {
            Finding::new(format!("{name} and {other} are given the same {kind} id."))
                .expected("an id of its own")
                .received(id)
                .invariant("invariant/unique-ids")
        };
        let joins_other = link.joins_session;
        if let Some(handshake) = link.connection.handshake().filter(|_| !joins_other)
            && let Some(other) = self.sessions.insert(handshake.sid.clone(), name.clone())
        {
            findings.push(clash("session", &handshake.sid, &other));
        }
        // Who comes back to its session is the socket that it was.
        let recovers = {
            let entries = link.connection.journal().entries();
            entries.iter().any(|entry| match &entry.what {
                What::Sent(outgoing) => {
                    sent(link, outgoing).is_some_and(|packet| asks_for_recovery(&packet))
                }
                _ => false,
            })
        };
        for sid in link.state().joined.values() {
            let taken = self.sockets.insert(sid.clone(), (name.clone(), self.links));
            let is_other = |(other, place): &(String, usize)| {
                *place != self.links && !(recovers && *other == name)
            };
            if let Some((other, _)) = taken.filter(is_other) {
                findings.push(clash("socket", sid, &other));
            }
        }
    }
}
