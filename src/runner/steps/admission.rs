//! The server's answer to a client that connects.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    client::{ConnectFailure, What},
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{
            Finding, StepResult, evidence, failure_kind::FailureKind,
            unanswered_connect::unanswered_connect,
        },
        play::attempt::Attempt,
        waiting::{Waited, lawful_wait::wait_lawfully},
    },
    wire::socket_io::Packet,
};

/// The server's answer to CONNECT.
#[derive(Debug)]
pub(super) enum Admission {
    /// The server accepted with CONNECT. Holds the payload.
    Joined(Option<Data>),
    /// The server refused with CONNECT_ERROR. Holds the payload.
    Refused(Data),
    /// The server refused the handshake, so there was no CONNECT.
    RefusedHandshake(ConnectFailure),
}

impl Admission {
    /// Returns true if the server refused the client by an answer.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::RefusedHandshake(failure) => {
                matches!(failure, ConnectFailure::Refused { .. })
            }
            Self::Joined(_) => false,
        }
    }
}

/// The CONNECT whose answer is judged.
pub(super) struct Judging<'c> {
    /// The client that sent the CONNECT.
    pub(super) client: &'c Client,
    /// The CONNECT in words, for sentences: "visitor's CONNECT to /chat with the token `expired`".
    pub(super) words: String,
    /// How long the step waits for a late refusal.
    pub(super) limit: Duration,
}

/// Waits for the answer to a client's CONNECT, and records the namespace that the client has joined.
pub(super) async fn await_admission(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Arc<Link>,
    namespace: &str,
    from: usize,
    deadline: Instant,
) -> StepResult<Admission> {
    let name = &client.spec.name;
    let waited = wait_lawfully(
        attempt,
        (client, link),
        from,
        deadline,
        |_, entry| match &entry.what {
            What::Socket(packet) if packet.namespace() == namespace => admission_in(packet),
            _ => None,
        },
    )
    .await?;
    let ended = match waited {
        Waited::Found(admission) => {
            if let Admission::Joined(payload) = &admission {
                note_joined(attempt, client, link, namespace, payload.as_ref());
            }
            return Ok(admission);
        }
        Waited::Ended(ended) => Some(ended),
        Waited::TimedOut => None,
    };
    let finding = unanswered_connect(name, namespace, (link, from), ended.as_ref());
    Err(finding.expected("CONNECT or CONNECT_ERROR").breach())
}

/// Returns the admission that a packet holds; `None` if the packet does not answer CONNECT.
fn admission_in(packet: &Packet) -> Option<Admission> {
    match packet {
        Packet::Connect { payload, .. } => Some(Admission::Joined(payload.clone())),
        Packet::ConnectError { payload, .. } => Some(Admission::Refused(payload.clone())),
        Packet::Ack { .. } | Packet::Disconnect { .. } | Packet::Event { .. } => None,
    }
}

/// Records that the client has joined a namespace, with the socket id that the server gave.
fn note_joined(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    namespace: &str,
    payload: Option<&Data>,
) {
    let sid = payload
        .and_then(|payload| payload.get("sid"))
        .and_then(Data::as_str)
        .unwrap_or_default();
    link.state()
        .joined
        .insert(namespace.to_owned(), sid.to_owned());
    client.state().namespace = namespace.to_owned();
    attempt.scope().set(&*client.spec.name.0, client.to_data());
}

/// Returns the finding about a handshake that failed but has to succeed.
pub(super) fn handshake_finding(name: impl std::fmt::Display, failure: &ConnectFailure) -> Finding {
    Finding::new(
        FailureKind::from(failure),
        format!("{name} could not open a connection: {failure}."),
    )
    .expected("an open connection")
    .received(evidence::describe_failure(failure))
    .cause(handshake_cause(failure))
}

/// Returns the sentence about the server's mistake that keeps every client from connecting.
fn handshake_cause(failure: &ConnectFailure) -> String {
    match failure {
        ConnectFailure::OpenPacket { error, .. } => {
            format!("The {error}, so clients could not connect.")
        }
        ConnectFailure::Refused { response } | ConnectFailure::Handshake { response, .. } => {
            let response = evidence::describe_response(response);
            format!("Clients could not connect: {failure}: {response}")
        }
        ConnectFailure::Ended { .. }
        | ConnectFailure::NotHttp { .. }
        | ConnectFailure::Reset { .. }
        | ConnectFailure::TimedOut { .. }
        | ConnectFailure::Tls { .. }
        | ConnectFailure::TooLarge { .. }
        | ConnectFailure::TooMuch { .. }
        | ConnectFailure::Unreachable { .. }
        | ConnectFailure::Upgrade { .. } => format!("Clients could not connect: {failure}."),
    }
}
