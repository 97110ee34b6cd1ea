//! Checks of requests to the Engine.IO path, in the same order as in the JavaScript server.

use std::sync::Arc;

use hyper::Method;

use super::Refusal;
use crate::reference::{
    engine::{Query, Revision, Session, TransportKind},
    shared::Shared,
};

/// What a request that has passed all checks is for.
#[derive(Debug)]
pub(super) enum Verified {
    /// The request opens a session.
    Open(TransportKind, Revision),
    /// The request is a poll or a POST of a session.
    Session(Arc<Session>),
    /// The request upgrades a session to WebSocket.
    Upgrade(Arc<Session>),
}

/// The protocol for which a request asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum AskedProtocol {
    /// The request asks for plain HTTP.
    Http,
    /// The request asks for WebSocket: it has the headers of a handshake.
    WebSocket,
}

/// Checks the method and the query against the settings and the sessions of the server.
pub(super) fn verify(
    server: &Shared,
    method: &Method,
    query: &Query,
    asked: AskedProtocol,
) -> Result<Verified, Refusal> {
    let transport = match transport(server, query) {
        Err(_) if server.faults().ignores_transport(asked) => TransportKind::WebSocket,
        transport => transport?,
    };
    let revision = revision(server, query);
    if let Some(session) = find_session(server, query)? {
        return verify_session(session, transport, revision, asked);
    }
    if *method != Method::GET && !server.faults().accepts_method() {
        return Err(Refusal::BadHandshakeMethod);
    }
    let transport = server.faults().choose_transport(transport, asked);
    match (transport, asked) {
        (TransportKind::Polling, AskedProtocol::Http)
        | (TransportKind::WebSocket, AskedProtocol::WebSocket) => {
            let revision = revision.ok_or(Refusal::UnsupportedProtocol)?;
            Ok(Verified::Open(transport, revision))
        }
        _ => Err(Refusal::BadRequest),
    }
}

fn verify_session(
    session: Arc<Session>,
    transport: TransportKind,
    revision: Option<Revision>,
    asked: AskedProtocol,
) -> Result<Verified, Refusal> {
    let accepts_change = session.faults().accepts_version_change();
    if revision != Some(session.revision) && !accepts_change {
        return Err(Refusal::BadRequest);
    }
    match (transport, asked) {
        (TransportKind::WebSocket, AskedProtocol::WebSocket)
            if session.server.config.upgrades || session.faults().accepts_unoffered() =>
        {
            Ok(Verified::Upgrade(session))
        }
        (TransportKind::Polling, AskedProtocol::Http)
            if session.transport() == TransportKind::Polling
                || session.faults().accepts_other_transport(&session) =>
        {
            Ok(Verified::Session(session))
        }
        _ => Err(Refusal::BadRequest),
    }
}

fn transport(server: &Shared, query: &Query) -> Result<TransportKind, Refusal> {
    let name = server
        .faults()
        .alter_transport_name(query.transport.as_deref());
    let offers_all = server.faults().offers_all_transports();
    match name {
        Some("polling") if server.config.polling || offers_all => Ok(TransportKind::Polling),
        Some("websocket") if server.config.websocket || offers_all => Ok(TransportKind::WebSocket),
        _ => Err(Refusal::TransportUnknown),
    }
}

fn revision(server: &Shared, query: &Query) -> Option<Revision> {
    match server.faults().alter_revision(query.revision.as_deref()) {
        Some("4") => Some(Revision::V4),
        Some("3") if server.config.eio3 => Some(Revision::V3),
        _ => None,
    }
}

/// Returns the session that the query names; `None` if the query names none.
fn find_session(server: &Shared, query: &Query) -> Result<Option<Arc<Session>>, Refusal> {
    let Some(sid) = &query.sid else {
        return Ok(None);
    };
    match server.sessions.get(sid) {
        Some(session) if session.close_if_overdue() => Err(Refusal::SessionUnknown),
        Some(session) => Ok(Some(session)),
        None if server.faults().accepts_unknown_sid() => Ok(None),
        None => Err(Refusal::SessionUnknown),
    }
}
