//! Invariants: rules that hold for everything that a client receives, in every scenario.
//!
//! The runner checks invariants without any step that asks for them. A server that breaks an invariant fails the
//! scenario, and the report names the invariant's id. A scenario in which a correct server breaks an invariant switches
//! that invariant off with `without:`.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

use regex::Regex;
use tokio::task::yield_now;

use crate::{
    client::{Entry, Illegal, IllegalWebSocket, Layer, What},
    clock,
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{
            Finding, evidence,
            failure_kind::FailureKind,
            illegal_data::{ill_formed, misplaced_packet, wrong_at_step},
        },
        journal::message_packet::sent_packet,
        play::attempt::Attempt,
    },
    scenario::{ClientName, Invariant, Level},
    wire::socket_io::{AckId, Packet},
};

/// Matches stack traces and paths of a server's files.
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

/// How long the check may keep a thread busy until it lets other tasks run. Servers may send many megabytes, and the
/// deadlines of other scenarios have to hold meanwhile.
const SLICE: Duration = Duration::from_millis(10);

/// Checks everything that the clients received; returns what breaks an invariant, client by client.
pub(in crate::runner) async fn check(attempt: &Attempt<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut ids = Ids::default();
    for client in attempt.clients() {
        for link in client.links() {
            if link.layer == Layer::SocketIo {
                check_link(attempt, client, &link, &mut findings).await;
            } else {
                check_frames(attempt, client, &link, &mut findings);
            }
            // A plain WebSocket gives its clients no ids.
            if link.envelopes.is_none() {
                ids.take(client, &link, &mut findings);
            }
        }
    }
    findings.retain(|finding| is_checked(attempt, finding));
    findings
}

/// Checks the frames of a connection that a step opened with `open`. The scenario's steps check the packets themselves.
fn check_frames(attempt: &Attempt<'_>, client: &Client, link: &Link, findings: &mut Vec<Finding>) {
    let entries = link.connection.journal().entries();
    for entry in entries.iter() {
        let What::Illegal { illegal, raw } = &entry.what else {
            continue;
        };
        if is_illegal_frame(illegal) && is_judged(attempt, illegal) {
            findings.push(ill_formed(client, illegal, raw));
        }
    }
}

/// Returns true if the data breaks a rule of WebSocket.
fn is_illegal_frame(illegal: &Illegal) -> bool {
    match illegal {
        // Either side may drop a failed connection in the middle of a frame (RFC 6455 section 7.1.7).
        Illegal::WebSocket(IllegalWebSocket::StreamEndedInFrame) => false,
        Illegal::WebSocket(_) => true,
        Illegal::EngineIo(_) | Illegal::SocketIo(_) => false,
    }
}

/// Returns true if illegal data of this sort fails the scenario.
///
/// Data after the close frame fails only the scenario that verifies `ws.close.no-frames-after-server-close`, because it
/// does not change how the connection ended.
fn is_judged(attempt: &Attempt<'_>, illegal: &Illegal) -> bool {
    *illegal != Illegal::WebSocket(IllegalWebSocket::DataAfterClose)
        || attempt
            .scenario
            .verifies
            .iter()
            .any(|id| id == "ws.close.no-frames-after-server-close")
}

/// Returns the finding if the journal entry at `index` is illegal data that fails the scenario, or an acknowledgement
/// with an id that the client has not used.
pub(in crate::runner) fn illegal_at(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    index: usize,
) -> Option<Finding> {
    let entries = link.connection.journal().entries();
    let entry = entries.get(index)?;
    let finding = match &entry.what {
        What::Illegal { illegal, raw } => {
            let fails = match illegal {
                Illegal::EngineIo(_) | Illegal::SocketIo(_) => true,
                Illegal::WebSocket(_) => link.layer == Layer::SocketIo || is_illegal_frame(illegal),
            };
            let finding = match link.layer {
                Layer::SocketIo => ill_formed(client, illegal, raw),
                Layer::EngineIo | Layer::Tcp | Layer::WebSocket => {
                    wrong_at_step(client, illegal, raw)
                }
            };
            (fails && is_judged(attempt, illegal)).then_some(finding)
        }
        What::Socket(packet @ Packet::Ack { id, .. }) => {
            let mut memberships: HashMap<String, Membership> = HashMap::new();
            for entry in entries.iter().take(index) {
                match &entry.what {
                    What::Sent(outgoing) => {
                        if let Some(packet) = sent_packet(link, outgoing) {
                            note_sent(&mut memberships, packet);
                        }
                    }
                    What::Socket(Packet::Ack { namespace, id, .. }) => {
                        let membership = memberships.entry(namespace.clone()).or_default();
                        membership.acked.insert(*id);
                    }
                    _ => {}
                }
            }
            let mut sent = memberships.values();
            let is_used = sent.any(|membership| membership.questions.contains(id));
            let membership = memberships.remove(packet.namespace()).unwrap_or_default();
            let received = Received::of(client, link, entry, packet);
            (!is_used).then(|| unasked_ack(&membership, *id, received))
        }
        _ => None,
    };
    finding.filter(|finding| is_checked(attempt, finding))
}

/// Returns true if the scenario does not switch off the invariant of a finding.
fn is_checked(attempt: &Attempt<'_>, finding: &Finding) -> bool {
    !finding
        .invariant
        .is_some_and(|invariant| attempt.scenario.without.contains(&invariant))
}

/// What happened so far in one namespace of one connection.
#[derive(Debug, Default)]
struct Membership {
    /// Whether the server has answered the client's CONNECT.
    answered: bool,
    /// Whether the client asked for connection state recovery. If so, missed events may come before the answer to
    /// CONNECT.
    recovers: bool,
    /// Whether the server refused the client or disconnected it from the namespace.
    left: bool,
    /// The ack ids of the events with which the client asked for an acknowledgement.
    questions: HashSet<AckId>,
    /// The ack ids that the server has acknowledged.
    acked: HashSet<AckId>,
}

/// A packet that a client received, with the name of the client and the journal entry.
#[derive(Clone, Copy)]
struct Received<'r> {
    name: &'r ClientName,
    packet: &'r Packet,
    entry: &'r Entry,
    link: &'r Link,
}

impl<'r> Received<'r> {
    fn of(client: &'r Client, link: &'r Link, entry: &'r Entry, packet: &'r Packet) -> Self {
        Self {
            name: &client.spec.name,
            packet,
            entry,
            link,
        }
    }

    /// Returns the packet as a line of text.
    fn line(&self) -> String {
        evidence::line_on(self.link, self.entry)
    }
}

/// Checks the packets of one connection against the invariants, as far as they have arrived.
async fn check_link(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    findings: &mut Vec<Finding>,
) {
    let mut memberships: HashMap<String, Membership> = HashMap::new();
    let journal = link.connection.journal();
    // The journal may grow during the check, so check only the entries that it holds now.
    let count = journal.entries().len();
    let mut next = 0;
    while next < count {
        let begun = clock::now();
        {
            let entries = journal.entries();
            let rest = entries.iter().enumerate().take(count).skip(next);
            for (index, entry) in rest {
                if let Some(finding) = misplaced_packet(client, link, index, entry) {
                    findings.push(finding);
                }
                check_entry((attempt, client, link), entry, &mut memberships, findings);
                next = index + 1;
                if begun.elapsed() >= SLICE {
                    break;
                }
            }
        }
        if next < count {
            yield_now().await;
        }
    }
}

/// Checks whether one journal entry, which is something that a client sent or received, breaks an invariant.
fn check_entry(
    (attempt, client, link): (&Attempt<'_>, &Client, &Link),
    entry: &Entry,
    memberships: &mut HashMap<String, Membership>,
    findings: &mut Vec<Finding>,
) {
    match &entry.what {
        What::Sent(outgoing) => {
            if let Some(packet) = sent_packet(link, outgoing) {
                note_sent(memberships, packet);
            }
        }
        What::Illegal { illegal, raw } => {
            if is_judged(attempt, illegal) {
                findings.push(ill_formed(client, illegal, raw));
            }
        }
        What::Socket(packet) => {
            let membership = memberships
                .entry(packet.namespace().to_owned())
                .or_default();
            let received = Received::of(client, link, entry, packet);
            findings.extend(check_order(attempt, membership, received));
            check_contents(attempt, received, findings);
        }
        What::Bytes(_)
        | What::Ended(_)
        | What::Frame(_)
        | What::Http(_)
        | What::Message(_)
        | What::Oversize(_)
        | What::Packet(_) => {}
    }
}

/// Checks that the server may send the packet at this moment, and updates the membership of the client in the
/// namespace.
fn check_order(
    attempt: &Attempt<'_>,
    membership: &mut Membership,
    received: Received<'_>,
) -> Option<Finding> {
    match received.packet {
        Packet::Connect { .. } | Packet::ConnectError { .. } => {
            membership.answered = true;
            membership.left = matches!(received.packet, Packet::ConnectError { .. });
            None
        }
        Packet::Event { .. } | Packet::Ack { .. } | Packet::Disconnect { .. }
            if membership.left =>
        {
            Some(sent_after_disconnect(received))
        }
        Packet::Event { .. } | Packet::Ack { .. } | Packet::Disconnect { .. }
            if !membership.answered && !membership.recovers =>
        {
            Some(sent_before_connect(attempt, received))
        }
        Packet::Ack { id, .. } => check_ack(membership, *id, received),
        Packet::Disconnect { .. } => {
            membership.left = true;
            None
        }
        Packet::Event { .. } => None,
    }
}

fn sent_after_disconnect(received: Received<'_>) -> Finding {
    let Received { name, packet, .. } = received;
    let namespace = packet.namespace();
    Finding::new(
        FailureKind::SentAfterDisconnect,
        format!(
            "{name} received {} after the server had refused or disconnected it in {namespace}.",
            evidence::name_packet(packet)
        ),
    )
    .expected(format!("no packet for {namespace}"))
    .received(received.line())
    .invariant(Invariant::NothingAfterDisconnect)
}

fn sent_before_connect(attempt: &Attempt<'_>, received: Received<'_>) -> Finding {
    let Received { name, packet, .. } = received;
    // An event that an application sends on connection may arrive before the reply to CONNECT: Socket.IO clients buffer
    // the event until the reply arrives.
    let is_event = matches!(packet, Packet::Event { .. });
    let level = (is_event && !attempt.target.knows_application()).then_some(Level::Should);
    Finding {
        level,
        ..Finding::new(
            FailureKind::SentBeforeConnect,
            format!(
                "{name} received {} before the server answered its CONNECT to {}.",
                evidence::name_packet(packet),
                packet.namespace()
            ),
        )
        .expected("CONNECT or CONNECT_ERROR first")
        .received(received.line())
        .invariant(Invariant::ConnectFirst)
    }
}

fn check_ack(membership: &mut Membership, id: AckId, received: Received<'_>) -> Option<Finding> {
    if !membership.questions.contains(&id) {
        return Some(unasked_ack(membership, id, received));
    }
    if membership.acked.insert(id) {
        return None;
    }
    let name = received.name;
    let finding = Finding::new(
        FailureKind::AcknowledgedTwice,
        format!("{name} received a second acknowledgement of its request with id {id}."),
    )
    .expected("one acknowledgement for each request")
    .received(received.line())
    .invariant(Invariant::OneAck);
    Some(finding)
}

/// Returns the finding about an acknowledgement whose id the client has not used.
fn unasked_ack(membership: &Membership, id: AckId, received: Received<'_>) -> Finding {
    let name = received.name;
    let open = membership.questions.difference(&membership.acked).min();
    let finding = Finding::new(
        FailureKind::WronglyAcknowledged,
        format!(
            "{name} received an acknowledgement with id {id}, but none of its requests has that id."
        ),
    )
    .expected("one acknowledgement for each request")
    .received(received.line())
    .invariant(Invariant::OneAck);
    // An acknowledgement that nobody waits for can have many reasons, so the received packet is a part of the cause.
    match open {
        Some(_) => finding.cause(
            "The server acknowledges requests with ids that the clients did not use in them.",
        ),
        None => finding,
    }
}

/// Returns true if a CONNECT asks for the session of an earlier connection.
fn asks_for_recovery(packet: &Packet) -> bool {
    matches!(packet, Packet::Connect { payload: Some(auth), .. } if auth.get("pid").is_some())
}

/// Records a packet that the client sent, because the sent packets decide which packets the server may send.
fn note_sent(memberships: &mut HashMap<String, Membership>, packet: Packet) {
    let membership = memberships
        .entry(packet.namespace().to_owned())
        .or_default();
    match packet {
        // A client that the server disconnected starts with a new membership. A client that left by itself may still
        // receive packets that were under way, so its membership stays.
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

/// Checks that a packet holds nothing that only the server may know.
fn check_contents(attempt: &Attempt<'_>, received: Received<'_>, findings: &mut Vec<Finding>) {
    let Received { name, packet, .. } = received;
    let values: &[Data] = match packet {
        Packet::Event { args, .. } | Packet::Ack { args, .. } => args,
        Packet::ConnectError { payload, .. } => std::slice::from_ref(payload),
        Packet::Connect { .. } | Packet::Disconnect { .. } => return,
    };
    let has_text =
        |is_like: &dyn Fn(&str) -> bool| values.iter().any(|value| value.has_text(is_like));
    let what = evidence::name_packet(packet);
    if has_text(&|text| attempt.secrets().found_in(text)) {
        findings.push(
            Finding::new(
                FailureKind::SecretLeaked,
                format!(
                    "{name} received {what}, which contains a token or a secret of this scenario."
                ),
            )
            .received(received.line())
            .invariant(Invariant::NoSecrets),
        );
    }
    let Some(internals) = &*INTERNALS else { return };
    if has_text(&|text| internals.is_match(text)) {
        findings.push(
            Finding::new(
                FailureKind::InternalsLeaked,
                format!("{name} received {what}, which contains a stack trace or a path of the server's files."),
            )
            .received(received.line())
            .invariant(Invariant::NoInternals),
        );
    }
}

/// The ids that the server gave to clients in one attempt.
#[derive(Debug, Default)]
struct Ids {
    /// The client that got each session id.
    sessions: HashMap<String, String>,
    /// The client and the connection that got each socket id. One connection may use one id in all namespaces.
    sockets: HashMap<String, (String, usize)>,
    /// The number of connections whose ids were added so far.
    links: usize,
}

impl Ids {
    /// Adds the ids of one connection. Adds a finding for each id that the server also gave to an earlier connection.
    fn take(&mut self, client: &Client, link: &Link, findings: &mut Vec<Finding>) {
        self.links += 1;
        let name = client.spec.name.to_string();
        let clash = |kind: &str, id: &str, other: &str| {
            let sentence = if *other == name {
                format!("{name} got the same {kind} id on two connections.")
            } else {
                format!("{name} and {other} got the same {kind} id.")
            };
            Finding::new(FailureKind::SameId, sentence)
                .expected("another id for each connection")
                .received(id)
                .invariant(Invariant::UniqueIds)
        };
        let joins_other = link.joins_session;
        if let Some(handshake) = link.connection.handshake().filter(|_| !joins_other)
            && let Some(other) = self.sessions.insert(handshake.sid.clone(), name.clone())
        {
            findings.push(clash("session", &handshake.sid, &other));
        }
        // Two connections may have the same socket id if the second recovers the session of the first.
        let recovers = {
            let entries = link.connection.journal().entries();
            entries.iter().any(|entry| match &entry.what {
                What::Sent(outgoing) => {
                    sent_packet(link, outgoing).is_some_and(|packet| asks_for_recovery(&packet))
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
