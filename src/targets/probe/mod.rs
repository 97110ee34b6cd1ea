//! What a server is, found out by asking it.

mod application;
mod asking;
mod echo;
mod finding;
mod greetings;
mod http;
mod join;
mod open_packet;
mod session;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, pin::pin};

use futures_util::future::{Either, join_all, select};
use tokio::join;

use self::{
    asking::{Asked, Probe, open},
    finding::Finding,
};
use super::{Speaks, capability::Capability};
use crate::client::{ConnectFailure, Connection, Endpoint, Options, TransportChoice};

/// The capabilities that a probe finds, by topic.
pub(super) const CAPABILITIES: &[&[Capability]] = &[
    session::CAPABILITIES,
    application::CAPABILITIES,
    echo::CAPABILITIES,
    http::CAPABILITIES,
    open_packet::CAPABILITIES,
];

/// The probes of a server that speaks Engine.IO, by topic. They run at the same time.
const PROBES: &[&[Probe]] = &[session::PROBES, http::PROBES, open_packet::PROBES];

/// What a probe found.
#[derive(Clone, Debug)]
pub struct Probed {
    /// Capabilities that were seen at work.
    pub provides: BTreeSet<String>,
    /// What travels inside its WebSocket.
    pub speaks: Speaks,
    /// The endpoint's path.
    pub path: String,
    /// Events that it sends of its own accord to whoever joins.
    pub greetings: BTreeSet<String>,
    /// What was tried and what was seen, a line each: for `sockspec probe`.
    pub findings: Vec<(String, String)>,
}

/// Why a probe found no server.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// Something listens there that speaks neither Engine.IO nor WebSocket.
    #[error(
        "no Engine.IO at {path}: over WebSocket, {websocket}; over polling, {polling}; and no plain WebSocket at {plain}"
    )]
    NoEngineIo {
        /// The path of Engine.IO.
        path: String,
        /// The path of a plain WebSocket.
        plain: String,
        /// What came of a WebSocket handshake.
        websocket: Box<ConnectFailure>,
        /// What came of a polling handshake.
        polling: Box<ConnectFailure>,
    },
    /// Nothing listens there.
    #[error(transparent)]
    Unreachable(Box<ConnectFailure>),
}

/// Asks a server what it can do: one that speaks Engine.IO at `endpoint`, else a plain WebSocket at `plain`.
///
/// # Errors
///
/// Nothing answers that speaks either.
pub async fn probe(endpoint: &Endpoint, plain: &Endpoint) -> Result<Probed, ProbeError> {
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
        Err(_) => match beside_plain(websocket, plain).await {
            Ok(opened) => opened,
            Err(echo) => {
                let findings = echo::plain_findings(plain, echo).await;
                return Ok(probed(Speaks::WebSocket, plain, findings));
            }
        },
    };
    let told = |opened: &Result<Connection, ConnectFailure>| {
        opened
            .as_ref()
            .ok()
            .and_then(Connection::handshake)
            .cloned()
    };
    // Polling's open packet tells more: it names the upgrades.
    let Some(handshake) = told(&polling).or_else(|| told(&websocket)) else {
        return Err(no_engine_io(
            endpoint,
            plain,
            websocket.err(),
            polling.err(),
        ));
    };
    // What is refused is told more plainly over HTTP.
    let transport = if polling.is_ok() {
        TransportChoice::Polling
    } else {
        TransportChoice::WebSocket
    };
    let mut findings = vec![
        Finding::yes("engine-io", "an open packet"),
        session::transport_finding("websocket", &websocket),
        session::transport_finding("polling", &polling),
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
        let seen = format!("whoever joins is sent {names}");
        probed.findings.push(("greetings".to_owned(), seen));
    }
    Ok(Probed {
        greetings,
        ..probed
    })
}

/// Whether the server at `endpoint` beats fast enough for scenarios about a missed beat; `None` where it opens no
/// session.
pub async fn has_short_heartbeat(endpoint: &Endpoint) -> Option<bool> {
    for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
        if let Ok(connection) = open(endpoint, transport, Options::default()).await {
            return Some(open_packet::heartbeat(connection.handshake()?).found);
        }
    }
    None
}

/// A handshake of Engine.IO, or, as the error, what a plain WebSocket does: it would keep Engine.IO waiting for an
/// open packet, so that it is asked at the same time.
async fn beside_plain(
    websocket: impl Future<Output = Result<Connection, ConnectFailure>>,
    plain: &Endpoint,
) -> Result<Result<Connection, ConnectFailure>, Finding> {
    let (websocket, echo) = (pin!(websocket), pin!(echo::plain(plain)));
    match select(websocket, echo).await {
        Either::Left((Ok(opened), _)) => Ok(Ok(opened)),
        Either::Left((Err(failure), echo)) => match echo.await {
            Ok(echo) => Err(echo),
            Err(_) => Ok(Err(failure)),
        },
        Either::Right((Ok(echo), _)) if echo.found => Err(echo),
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

/// Why neither transport gave an open packet.
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
