//! The routing of HTTP requests.

use std::{convert::Infallible, sync::Arc};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
};

use super::{
    Coding, Refusal, cookie,
    cors::{Cors, RequestKind},
    handshake, polling,
    request_check::{AskedProtocol, Verified, verify},
};
use crate::reference::{
    Contract, app,
    arrivals::{Connection, Turn},
    engine::{self, Probing, Query, TokenSources, TransportKind, Upgraded},
    shared::Shared,
    upgrade_slot::UpgradeSlot,
};

/// Answers one HTTP request. If the response is a 101, stores in `slot` what the connection
/// becomes.
pub(in crate::reference) async fn answer(
    server: Arc<Shared>,
    slot: Arc<UpgradeSlot>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let turn = server.arrivals.begin(&connection);
    let path = request.uri().path();
    let is_served = is_engine_path(&server, path) || app::access(path, server.faults()).is_some();
    if server.config.envelope.is_some() && is_served {
        return Ok(answer_enveloped(&server, &slot, &request)
            .unwrap_or_else(|refusal| refusal.response(server.faults())));
    }
    if is_engine_path(&server, path) && server.config.contract == Contract::WebSocket {
        return Ok(answer_plain(&server, &slot, &request)
            .unwrap_or_else(|refusal| refusal.response(server.faults())));
    }
    if is_engine_path(&server, path) {
        let cors = Cors::of(&server.config, request.headers());
        let request_kind = RequestKind::of(&request);
        let mut response = match cors.preflight(&server.config, &request) {
            Some(response) => response,
            None => match answer_engine(&server, &slot, &turn, &cors, request).await {
                Ok(response) => response,
                Err(refusal) => {
                    server.faults().hang_on_refusal().await;
                    refusal.response(server.faults())
                }
            },
        };
        cors.apply(&server.config, request_kind, &mut response);
        server
            .config
            .faults
            .alter_later_headers(request_kind, &mut response);
        return Ok(response);
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if server.faults().is_health_path(path) && is_read {
        return Ok(Response::new(Full::from("ok")));
    }
    if let Some(file) = serve_file(&server, path) {
        return Ok(file);
    }
    let mut response = Response::new(Full::from("Not found"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

/// Returns true if the path is the configured path, with or without its last slash.
fn is_engine_path(server: &Shared, path: &str) -> bool {
    path.trim_end_matches('/') == server.config.path.trim_end_matches('/')
        || server.faults().serves_any_path(path)
}

/// Returns a file below the Engine.IO path, if an active fault serves one.
fn serve_file(server: &Shared, path: &str) -> Option<Response<Full<Bytes>>> {
    let below = path.strip_prefix(server.config.path.trim_end_matches('/'))?;
    let (content_type, content) = server.faults().serve_file(below)?;
    let mut response = Response::new(Full::from(content));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Some(response)
}

/// Answers a request to a plain WebSocket endpoint, which accepts only handshakes (RFC 6455 section
/// 4.2.1).
fn answer_plain(
    server: &Arc<Shared>,
    slot: &UpgradeSlot,
    request: &Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    check_plain_handshake(server, request)?;
    let accepted = handshake::accept(request, &server.config)?;
    slot.fill(Upgraded::Echo, accepted.deflate);
    Ok(accepted.response)
}

/// Refuses a request to a plain WebSocket endpoint that is no handshake.
fn check_plain_handshake(server: &Arc<Shared>, request: &Request<Incoming>) -> Result<(), Refusal> {
    let faults = server.faults();
    faults.crash_on_request(server, request);
    if *request.method() != Method::GET && !faults.accepts_method() {
        return Err(Refusal::BadHandshakeMethod);
    }
    if handshake::asked_protocol(request.headers(), faults) != AskedProtocol::WebSocket {
        return Err(Refusal::BadRequest);
    }
    Ok(())
}

/// Answers a handshake of a plain WebSocket whose messages are envelopes. Its path names the namespace.
fn answer_enveloped(
    server: &Arc<Shared>,
    slot: &UpgradeSlot,
    request: &Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    check_plain_handshake(server, request)?;
    let raw_query = request.uri().query().unwrap_or_default();
    let query = Query::parse(raw_query);
    if !app::admits_handshake(&server.config, &query, raw_query) {
        server.faults().check_admission(Refusal::Intruder)?;
    }
    let tokens = TokenSources::read(&query, request.headers(), server.faults());
    let accepted = handshake::accept(request, &server.config)?;
    let path = request.uri().path();
    let namespace = if path == server.config.path {
        "/"
    } else {
        path
    };
    let upgraded = Upgraded::Enveloped {
        namespace: namespace.to_owned(),
        tokens,
    };
    slot.fill(upgraded, accepted.deflate);
    Ok(accepted.response)
}

/// Answers a request to the Engine.IO path.
async fn answer_engine(
    server: &Arc<Shared>,
    slot: &UpgradeSlot,
    turn: &Turn<'_>,
    cors: &Cors,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    server.faults().crash_on_request(server, &request);
    let raw_query = request.uri().query().unwrap_or_default();
    if server.faults().refuses_query(raw_query) {
        return Err(Refusal::BadRequest);
    }
    let query = Query::parse(raw_query);
    let asked = handshake::asked_protocol(request.headers(), server.faults());
    handle_earlier(server, turn, &query).await;
    let verified = match verify(server, request.method(), &query, asked) {
        Ok(verified) => verified,
        Err(refusal) => {
            let late = server.faults().late_refusal(refusal);
            let bytes = late
                .filter(|_| asked == AskedProtocol::WebSocket)
                .ok_or(refusal)?;
            let accepted = handshake::accept(&request, &server.config)?;
            slot.fill(Upgraded::Foreign(bytes), None);
            return Ok(accepted.response);
        }
    };
    // CORS does not cover WebSockets: browsers connect to any server, and the server has to check the
    // origin (RFC 6455 section 10.2).
    if asked == AskedProtocol::WebSocket
        && *cors == Cors::Unlisted
        && !server.faults().admits_foreign_websocket()
    {
        return Err(Refusal::Forbidden);
    }
    if matches!(verified, Verified::Open(..))
        && !app::admits_handshake(&server.config, &query, raw_query)
    {
        server.faults().check_admission(Refusal::Intruder)?;
    }
    serve_verified(server, slot, turn, request, &query, verified).await
}

/// Lets the server handle what arrived before this request on the other connections of its session: requests, the end
/// of a poll that the client has aborted, and the frames of an upgrade.
async fn handle_earlier(server: &Shared, turn: &Turn<'_>, query: &Query) {
    let Some(sid) = &query.sid else { return };
    turn.await_older().await;
    if let Some(session) = server.sessions.get(sid) {
        session.close_if_poll_aborted();
        session.await_upgrade_frames().await;
    }
}

/// Serves a request that passed all checks.
async fn serve_verified(
    server: &Arc<Shared>,
    slot: &UpgradeSlot,
    turn: &Turn<'_>,
    request: Request<Incoming>,
    query: &Query,
    verified: Verified,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let tokens = || TokenSources::read(query, request.headers(), server.faults());
    let accepted = Coding::accepted(request.headers());
    match verified {
        Verified::Open(TransportKind::Polling, revision) => {
            let opened = engine::open_polling(server, revision, query, tokens());
            let mut response =
                polling::respond_with_packets(opened.payload, accepted, server.faults());
            cookie::set_session_cookie(&server.config, &opened.sid, response.headers_mut());
            Ok(response)
        }
        Verified::Open(TransportKind::WebSocket, revision) => {
            let accepted = handshake::accept(&request, &server.config)?;
            let tokens = tokens();
            slot.fill(Upgraded::Session { revision, tokens }, accepted.deflate);
            Ok(accepted.response)
        }
        Verified::Upgrade(session) => {
            if *request.method() != Method::GET {
                return Err(Refusal::BadHandshakeMethod);
            }
            let accepted = handshake::accept(&request, &server.config)?;
            let upgraded = Probing::begin(session).map_or(Upgraded::Refused, Upgraded::Probe);
            slot.fill(upgraded, accepted.deflate);
            Ok(accepted.response)
        }
        Verified::Session(session) => match *request.method() {
            Method::GET => {
                let mut response = polling::get(&session, turn, accepted).await?;
                if server.faults().repeats_cookie() {
                    cookie::set_session_cookie(
                        &server.config,
                        &session.sid,
                        response.headers_mut(),
                    );
                }
                Ok(response)
            }
            Method::POST => polling::post(&session, turn, request).await,
            _ if server.faults().takes_for_post() => polling::post(&session, turn, request).await,
            _ => Err(Refusal::BadHandshakeMethod),
        },
    }
}
