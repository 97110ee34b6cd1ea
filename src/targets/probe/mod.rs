//! Probes: short exchanges with a running server that find out its capabilities.

mod application;
mod asking;
mod choices;
mod echo;
mod finding;
mod greetings;
mod handshakes;
mod http;
mod join;
mod open_packet;
mod session;
mod stack;
mod strangers;
#[cfg(test)]
mod tests;
mod unanswered;

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    time::Duration,
};

use futures_util::future::{Either, join_all, select};
use tokio::join;

use self::{
    asking::{Asked, DEADLINE, Door, Probe, open},
    finding::Finding,
    handshakes::{
        broken_findings, broken_open_packet, is_open_packet_of_revision_3, polling_finding,
        transport_finding, websocket_finding,
    },
    unanswered::unanswered_handshake,
};
use super::{Observed, Speaks, Stack, StrangerClose, Unanswered, Visitor, capability::Capability};
use crate::{
    client::{ConnectFailure, Connection, Endpoint, Options, TransportChoice},
    clock,
};

/// The capabilities that probes find, by topic.
pub(super) const CAPABILITIES: &[&[Capability]] = &[
    session::CAPABILITIES,
    application::CAPABILITIES,
    echo::CAPABILITIES,
    http::CAPABILITIES,
    open_packet::CAPABILITIES,
];

/// The probes of Engine.IO servers, by topic. They run at the same time.
const PROBES: &[&[Probe]] = &[session::PROBES, http::PROBES, open_packet::PROBES];

/// How long the probe still waits for an open packet after a plain WebSocket has echoed a message.
const OPEN_PACKET_GRACE: Duration = Duration::from_millis(250);

/// The time limit of all probes together.
const LIMIT: Duration = Duration::from_secs(60);

/// The result of all probes.
#[derive(Clone, Debug)]
pub struct Probed {
    /// The capabilities that the probes found.
    pub provides: BTreeSet<String>,
    /// The protocol inside the WebSocket.
    pub speaks: Speaks,
    /// The stack of the server; `None` if the probe recognized none.
    pub stack: Option<Stack>,
    /// The path of the endpoint that answered.
    pub path: String,
    /// The events that the server sends to every client that joins.
    pub greetings: BTreeSet<String>,
    /// Why the server lacks capabilities that many scenarios need: `socket-io` and `websocket`.
    pub lacks: BTreeMap<String, String>,
    /// The name and the result of each probe, for the output of `sockspec probe`.
    pub findings: Vec<(String, String)>,
    /// What the probe saw of the server that is no capability.
    pub observed: Observed,
}

/// The reason why the probes found no usable server.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// A server answers, but speaks neither Engine.IO nor WebSocket.
    #[error(
        "no Engine.IO at {path}: over WebSocket, {websocket}; over polling, {polling}; and no plain WebSocket at {plain}"
    )]
    NoEngineIo {
        /// The path at which Engine.IO was tried.
        path: String,
        /// The path at which a plain WebSocket was tried.
        plain: String,
        /// Why the handshake over WebSocket failed.
        websocket: Box<ConnectFailure>,
        /// Why the handshake over polling failed.
        polling: Box<ConnectFailure>,
    },
    /// The probes together took too long, although each of them has its own deadline.
    #[error("the probes of the server have not ended after {} s", .limit.as_secs())]
    TooSlow {
        /// The time limit of all probes.
        limit: Duration,
    },
    /// No server listens at the address.
    #[error(transparent)]
    Unreachable(Box<ConnectFailure>),
}

/// Finds out the capabilities of the Engine.IO server at `endpoint`, or else of the plain WebSocket at `plain`.
///
/// # Errors
///
/// Returns an error if neither an Engine.IO server nor a plain WebSocket answers.
pub async fn probe(
    endpoint: &Endpoint,
    plain: &Endpoint,
    visitor: &Visitor,
) -> Result<Probed, ProbeError> {
    let door = |endpoint| Door { endpoint, visitor };
    clock::within(LIMIT, Box::pin(ask(door(endpoint), door(plain))))
        .await
        .unwrap_or(Err(ProbeError::TooSlow { limit: LIMIT }))
}

async fn ask(door: Door<'_>, plain: Door<'_>) -> Result<Probed, ProbeError> {
    let over = |transport| open(door, transport, Options::default());
    let polling = over(TransportChoice::Polling).await;
    if let Err(failure @ (ConnectFailure::Tls { .. } | ConnectFailure::Unreachable { .. })) =
        polling
    {
        return Err(ProbeError::Unreachable(Box::new(failure)));
    }
    let websocket = over(TransportChoice::WebSocket);
    let websocket = match &polling {
        Ok(_) => websocket.await,
        Err(failure) if broken_open_packet(failure).is_some() => websocket.await,
        Err(_) => match beside_plain(websocket, plain).await {
            Ok(opened) => opened,
            Err(echo) => return Ok(Box::pin(plain_endpoint(plain, echo)).await),
        },
    };
    let handshake_of = |opened: &Result<Connection, ConnectFailure>| {
        opened
            .as_ref()
            .ok()
            .and_then(Connection::handshake)
            .cloned()
    };
    // If an open packet came over both transports, use the one over polling, because only it lists the upgrades.
    if let Some(old) = only_revision_3(door.endpoint, &websocket, &polling) {
        return Ok(old);
    }
    let Some(handshake) = handshake_of(&polling).or_else(|| handshake_of(&websocket)) else {
        if let Some(findings) = broken_findings(&websocket, &polling) {
            return Ok(probed(Speaks::SocketIo, door.endpoint, findings));
        }
        if let Some(refused) = refusing(door.endpoint, &websocket, &polling) {
            return Ok(refused);
        }
        return Err(no_engine_io(
            door.endpoint,
            plain.endpoint,
            websocket.err(),
            polling.err(),
        ));
    };
    // Prefer polling for the probes, because HTTP responses give the reason of a refusal.
    let transport = if polling.is_ok() {
        TransportChoice::Polling
    } else {
        TransportChoice::WebSocket
    };
    let mut findings = vec![
        Finding::yes("engine-io", "an open packet"),
        websocket_finding(&websocket, &handshake),
        polling_finding(&polling),
    ];
    let mut unanswered: BTreeSet<_> = [
        unanswered_handshake(&websocket, Unanswered::Upgrade),
        unanswered_handshake(&polling, Unanswered::PollingHandshake),
    ]
    .into_iter()
    .flatten()
    .collect();
    let connection = websocket.or(polling);
    let asked = Asked {
        door,
        transport,
        handshake: &handshake,
    };
    let ((speaks, application, greetings), others, connect_timeout, stack, silent) = join!(
        // On the heap, since a debug build would need more stack than a thread has.
        Box::pin(application::application(door, transport, connection.ok())),
        join_all(PROBES.iter().copied().flatten().map(|probe| probe(&asked))),
        Box::pin(strangers::connect_timeout(door, transport)),
        Box::pin(stack::recognize(door.endpoint)),
        Box::pin(unanswered::of_sessions(door, transport)),
    );
    unanswered.extend(silent);
    let needs_msgpack = others
        .iter()
        .any(|finding| finding.capability == "msgpack" && finding.found);
    findings.extend(application.into_iter().map(|finding| match finding {
        // The server can't read the probe's CONNECT in JSON, so its answer promises nothing.
        Finding {
            capability: "socket-io",
            seen,
            ..
        } if needs_msgpack => Finding::no("socket-io", seen),
        finding => finding,
    }));
    findings.extend(others);
    let mut probed = probed(speaks, door.endpoint, findings);
    if !greetings.is_empty() {
        let names = greetings.iter().cloned().collect::<Vec<_>>().join(", ");
        let seen = format!("a client that joins receives {names}");
        probed.findings.push(("greetings".to_owned(), seen));
    }
    probed.observed.connect_timeout = connect_timeout;
    if !probed.provides.contains("socket-io") {
        unanswered.remove(&Unanswered::Connect);
    }
    probed.observed.unanswered = unanswered;
    if probed.provides.contains("websocket") {
        probed.observed.clients_at_once = Box::pin(strangers::sessions_at_once(door)).await;
    }
    probed.observed.rules = Box::pin(choices::choices(door, transport)).await;
    note_limits(&mut probed);
    if let Some(stack) = stack {
        let seen = format!("{}: the answer to an unknown transport", stack.name);
        probed.findings.push(("stack".to_owned(), seen));
    }
    Ok(Probed {
        greetings,
        stack,
        ..probed
    })
}

/// Probes a plain WebSocket endpoint. `echo` is the finding of [`echo::plain`].
async fn plain_endpoint(plain: Door<'_>, echo: Finding) -> Probed {
    let echoes = echo.found;
    let (findings, strangers) = join!(echo::plain_findings(plain, echo), strangers::plain(plain));
    let mut probed = probed(Speaks::WebSocket, plain.endpoint, findings);
    if echoes && !probed.provides.contains("large-messages") {
        probed.observed.largest_message = strangers::largest_message(plain).await;
    }
    probed.observed.closes_strangers = strangers.closes;
    probed.observed.clients_at_once = strangers.at_once;
    note_limits(&mut probed);
    probed
}

/// Returns the result for a server that answers a handshake of revision 4 in the form of revision 3, as Socket.IO 1 and
/// 2 do. Returns `None` for every other server.
fn only_revision_3(
    endpoint: &Endpoint,
    websocket: &Result<Connection, ConnectFailure>,
    polling: &Result<Connection, ConnectFailure>,
) -> Option<Probed> {
    let Err(ConnectFailure::OpenPacket { came, .. }) = polling else {
        return None;
    };
    if !is_open_packet_of_revision_3(came) {
        return None;
    }
    let seen = "the server answers a handshake of revision 4 in the form of revision 3";
    let mut old = probed(
        Speaks::SocketIo,
        endpoint,
        vec![
            Finding::yes("engine-io", "an open packet of revision 3"),
            Finding::yes("eio3", seen),
            Finding::yes("polling", seen),
            transport_finding("websocket", websocket),
        ],
    );
    old.observed.is_revision_3_only = true;
    Some(old)
}

/// Returns the result for a server that lets no client in without a login: it answers the handshake with status 401 or
/// 403. Returns `None` for every other server.
fn refusing(
    endpoint: &Endpoint,
    websocket: &Result<Connection, ConnectFailure>,
    polling: &Result<Connection, ConnectFailure>,
) -> Option<Probed> {
    let failures = [websocket, polling].into_iter();
    let status = failures.filter_map(refusal_status).next()?;
    let mut refused = probed(Speaks::SocketIo, endpoint, Vec::new());
    let seen = format!(
        "the server answers the handshake of a client that presents no login with {status}"
    );
    refused.findings.push(("login".to_owned(), seen.clone()));
    refused.observed.refuses_strangers = Some(seen);
    Some(refused)
}

/// Returns the status 401 or 403 with which a server refused a handshake.
fn refusal_status(opened: &Result<Connection, ConnectFailure>) -> Option<u16> {
    match opened {
        Err(ConnectFailure::Refused { response }) => {
            Some(response.status).filter(|status| matches!(status, 401 | 403))
        }
        Ok(_) | Err(_) => None,
    }
}

/// Adds what the probe saw of the server's limits to the findings that `sockspec probe` prints.
fn note_limits(probed: &mut Probed) {
    let observed = &probed.observed;
    let mut seen = Vec::new();
    for StrangerClose { close, after, .. } in &observed.closes_strangers {
        let code = close.code.map_or(0, |code| code.0);
        let milliseconds = after.as_millis();
        seen.push((
            "closes",
            format!("a client that does not log in is closed with {code} after {milliseconds} ms"),
        ));
    }
    if let Some(after) = observed.connect_timeout {
        let milliseconds = after.as_millis();
        seen.push((
            "connect timeout",
            format!("a session that joins no namespace ends after {milliseconds} ms"),
        ));
    }
    if let Some(count) = observed.clients_at_once {
        seen.push((
            "clients",
            format!("the server keeps {count} clients at once"),
        ));
    }
    for unanswered in &observed.unanswered {
        seen.push((
            "silent",
            format!(
                "the server does not answer {} within {} s",
                unanswered.in_words(),
                DEADLINE.as_secs()
            ),
        ));
    }
    if let Some(size) = observed.largest_message {
        seen.push((
            "messages",
            format!("a message of {size} bytes comes back, a larger one does not"),
        ));
    }
    let named = seen.into_iter().map(|(name, seen)| (name.to_owned(), seen));
    let rules = observed.rules.iter();
    let rules = rules.map(|(rule, seen)| (rule.name().to_owned(), seen.clone()));
    let all: Vec<_> = named.chain(rules).collect();
    probed.findings.extend(all);
}

/// Returns true if the heartbeat of the server at `endpoint` is so short that a scenario can wait for a missed
/// heartbeat. Returns `None` if no session can be opened.
pub async fn has_short_heartbeat(endpoint: &Endpoint, visitor: &Visitor) -> Option<bool> {
    let door = Door { endpoint, visitor };
    for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
        if let Ok(connection) = open(door, transport, Options::default()).await {
            return Some(open_packet::heartbeat(connection.handshake()?).found);
        }
    }
    None
}

/// Opens an Engine.IO session over WebSocket and a plain WebSocket at the same time. One after the other would be
/// slow: on a plain server, the session waits for an open packet until the timeout. Returns the session, or, as the
/// error, the finding about the plain WebSocket.
async fn beside_plain(
    websocket: impl Future<Output = Result<Connection, ConnectFailure>>,
    plain: Door<'_>,
) -> Result<Result<Connection, ConnectFailure>, Finding> {
    let (websocket, echo) = (pin!(websocket), pin!(echo::plain(plain)));
    match select(websocket, echo).await {
        Either::Left((Ok(opened), _)) => Ok(Ok(opened)),
        Either::Left((Err(failure), _)) if broken_open_packet(&failure).is_some() => {
            Ok(Err(failure))
        }
        Either::Left((Err(failure), echo)) => match echo.await {
            Ok(echo) => Err(echo),
            Err(_) => Ok(Err(failure)),
        },
        Either::Right((Ok(echo), websocket)) if echo.found => {
            // A server with a plain WebSocket can also send a broken open packet. That packet comes at once, so wait
            // for it only briefly.
            match clock::within(OPEN_PACKET_GRACE, websocket).await {
                Ok(Ok(opened)) => Ok(Ok(opened)),
                Ok(Err(failure)) if broken_open_packet(&failure).is_some() => Ok(Err(failure)),
                Ok(Err(_)) | Err(_) => Err(echo),
            }
        }
        Either::Right((Ok(silent), websocket)) => websocket.await.map(Ok).map_err(|_| silent),
        Either::Right((Err(_), websocket)) => Ok(websocket.await),
    }
}

fn probed(speaks: Speaks, endpoint: &Endpoint, findings: Vec<Finding>) -> Probed {
    Probed {
        provides: findings
            .iter()
            .filter(|finding| finding.found)
            .map(|finding| finding.capability.to_owned())
            .collect(),
        speaks,
        path: endpoint.path.clone(),
        stack: None,
        greetings: BTreeSet::new(),
        lacks: findings
            .iter()
            .filter(|finding| {
                !finding.found && ["socket-io", "websocket"].contains(&finding.capability)
            })
            .map(|finding| (finding.capability.to_owned(), finding.seen.clone()))
            .collect(),
        observed: Observed::default(),
        findings: findings
            .into_iter()
            .map(|finding| {
                let answer = if finding.found { "yes" } else { "no" };
                (
                    finding.capability.to_owned(),
                    format!("{answer}: {}", finding.seen),
                )
            })
            .collect(),
    }
}

/// Returns the error for a server that sends no open packet over either transport.
fn no_engine_io(
    endpoint: &Endpoint,
    plain: &Endpoint,
    websocket: Option<ConnectFailure>,
    polling: Option<ConnectFailure>,
) -> ProbeError {
    let (Some(websocket), Some(polling)) = (websocket, polling) else {
        unreachable!("a connection at layer Socket.IO has an open packet");
    };
    ProbeError::NoEngineIo {
        path: endpoint.path.clone(),
        plain: plain.path.clone(),
        websocket: Box::new(websocket),
        polling: Box::new(polling),
    }
}
