//! Whether a request to the Engine.IO path is one that can be served, in the order in which the
//! JavaScript server checks it.

use std::sync::Arc;

use hyper::Method;

use super::Refusal;
use crate::reference::{
    engine::{Query, Revision, Session, TransportKind},
    faults,
    server::Shared,
};

/// A request that can be served.
#[derive(Debug)]
pub(super) enum Verified {
    /// It opens a session.
    Open(TransportKind, Revision),
    /// It belongs to a session by polling.
    Session(Arc<Session>),
    /// It is to become a session's WebSocket.
    Upgrade(Arc<Session>),
}

/// Whether the request asks to become a WebSocket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Asks {
    /// It is plain HTTP.
    Http,
    /// It has the headers of a WebSocket handshake.
    WebSocket,
}

/// Holds method and query against what the server offers and the sessions it has.
pub(super) fn verify(
    server: &Shared,
    method: &Method,
    query: &Query,
    asks: Asks,
) -> Result<Verified, Refusal> {
    let transport = match transport(server, query) {
        Err(_) if faults::requests::ignores_transport(server.faults(), asks) => {
            TransportKind::WebSocket
        }
        transport => transport?,
    };
    let revision = revision(server, query);
    if let Some(session) = find(server, query)? {
        return verify_session(session, transport, revision, asks);
    }
    if *method != Method::GET && !faults::requests::accepts_method(server.faults()) {
        return Err(Refusal::BadHandshakeMethod);
    }
    let transport = faults::requests::choose_transport(server.faults(), transport, asks);
    match (transport, asks) {
        (TransportKind::Polling, Asks::Http) | (TransportKind::WebSocket, Asks::WebSocket) => {
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
    asks: Asks,
) -> Result<Verified, Refusal> {
    let accepts_change = faults::requests::accepts_version_change(session.faults());
    if revision != Some(session.revision) && !accepts_change {
        return Err(Refusal::BadRequest);
    }
    match (transport, asks) {
        (TransportKind::WebSocket, Asks::WebSocket)
            if session.server.config.upgrades
                || faults::upgrade::accepts_unoffered(session.faults()) =>
        {
            Ok(Verified::Upgrade(session))
        }
        (TransportKind::Polling, Asks::Http)
            if session.transport() == TransportKind::Polling
                || faults::requests::accepts_other_transport(&session) =>
        {
            Ok(Verified::Session(session))
        }
        _ => Err(Refusal::BadRequest),
    }
}

fn transport(server: &Shared, query: &Query) -> Result<TransportKind, Refusal> {
    let name = faults::requests::alter_transport_name(server.faults(), query.transport.as_deref());
    let offers_all = faults::requests::offers_all_transports(server.faults());
    match name {
        Some("polling") if server.config.polling || offers_all => Ok(TransportKind::Polling),
        Some("websocket") if server.config.websocket || offers_all => Ok(TransportKind::WebSocket),
        _ => Err(Refusal::TransportUnknown),
    }
}

fn revision(server: &Shared, query: &Query) -> Option<Revision> {
    match faults::requests::alter_revision(server.faults(), query.revision.as_deref()) {
        Some("4") => Some(Revision::V4),
        Some("3") if server.config.eio3 => Some(Revision::V3),
        _ => None,
    }
}

/// The session that the query names; `None` where it names none.
fn find(server: &Shared, query: &Query) -> Result<Option<Arc<Session>>, Refusal> {
    let Some(sid) = &query.sid else {
        return Ok(None);
    };
    match server.sessions.get(sid) {
        Some(session) => Ok(Some(session)),
        None if faults::requests::accepts_unknown_sid(server.faults()) => Ok(None),
        None => Err(Refusal::SessionUnknown),
    }
}
