//! Probes: short exchanges with a running server that find out its capabilities.

mod application;
mod asking;
mod echo;
mod finding;
mod greetings;
mod handshakes;
mod http;
mod join;
mod open_packet;
mod session;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, pin::pin, time::Duration};

use futures_util::future::{Either, join_all, select};
use tokio::join;

use self::{
    asking::{Asked, Probe, open},
    finding::Finding,
    handshakes::{broken_findings, broken_open_packet, transport_finding, websocket_finding},
};
use super::{Speaks, capability::Capability};
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
    /// The path of the endpoint that answered.
    pub path: String,
    /// The events that the server sends to every client that joins.
    pub greetings: BTreeSet<String>,
    /// The name and the result of each probe, for the output of `sockspec probe`.
    pub findings: Vec<(String, String)>,
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
pub async fn probe(endpoint: &Endpoint, plain: &Endpoint) -> Result<Probed, ProbeError> {
    clock::within(LIMIT, ask(endpoint, plain))
        .await
        .unwrap_or(Err(ProbeError::TooSlow { limit: LIMIT }))
}

async fn ask(endpoint: &Endpoint, plain: &Endpoint) -> Result<Probed, ProbeError> {
    let over = |transport| open(endpoint, transport, Options::default());
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
            Err(echo) => {
                let findings = echo::plain_findings(plain, echo).await;
                return Ok(probed(Speaks::WebSocket, plain, findings));
            }
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
    let Some(handshake) = handshake_of(&polling).or_else(|| handshake_of(&websocket)) else {
        if let Some(findings) = broken_findings(&websocket, &polling) {
            return Ok(probed(Speaks::SocketIo, endpoint, findings));
        }
        return Err(no_engine_io(
            endpoint,
            plain,
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
        transport_finding("polling", &polling),
    ];
    let connection = websocket.or(polling);
    let asked = Asked {
        endpoint,
        transport,
        handshake: &handshake,
    };
    let ((speaks, application, greetings), others) = join!(
        application::application(endpoint, transport, connection.ok()),
        join_all(PROBES.iter().copied().flatten().map(|probe| probe(&asked))),
    );
    findings.extend(application);
    findings.extend(others);
    let mut probed = probed(speaks, endpoint, findings);
    if !greetings.is_empty() {
        let names = greetings.iter().cloned().collect::<Vec<_>>().join(", ");
        let seen = format!("a client that joins receives {names}");
        probed.findings.push(("greetings".to_owned(), seen));
    }
    Ok(Probed {
        greetings,
        ..probed
    })
}

/// Returns true if the heartbeat of the server at `endpoint` is so short that a scenario can wait for a missed
/// heartbeat. Returns `None` if no session can be opened.
pub async fn has_short_heartbeat(endpoint: &Endpoint) -> Option<bool> {
    for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
        if let Ok(connection) = open(endpoint, transport, Options::default()).await {
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
    plain: &Endpoint,
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
        greetings: BTreeSet::new(),
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
