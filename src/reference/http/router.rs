//! Which request goes where.

use std::{convert::Infallible, sync::Arc};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
};

use super::{
    Refusal,
    cors::Cors,
    handshake, polling,
    verify::{Asks, Verified, verify},
};
use crate::reference::{
    connection::UpgradeSlot,
    engine::{self, Probing, Query, TokenSources, TransportKind, Upgraded},
    faults,
    server::Shared,
};

/// Answers one request; where the answer is a 101, `slot` says what comes next.
pub(in crate::reference) async fn answer(
    server: Arc<Shared>,
    slot: Arc<UpgradeSlot>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    if is_engine_path(&server, path) {
        let cors = Cors::of(&server.config, request.headers());
        let mut response = match cors.preflight(&server.config, &request) {
            Some(response) => response,
            None => engine_request(&server, &slot, &cors, request)
                .await
                .unwrap_or_else(|refusal| refusal.response(server.faults())),
        };
        cors.apply(&server.config, &mut response);
        return Ok(response);
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if path == "/health" && is_read && !faults::requests::hides_health(server.faults()) {
        return Ok(Response::new(Full::from("ok")));
    }
    let mut response = Response::new(Full::from("Not found"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

/// The configured path, with or without its last slash, and nothing below it.
fn is_engine_path(server: &Shared, path: &str) -> bool {
    path.trim_end_matches('/') == server.config.path.trim_end_matches('/')
        || faults::requests::serves_any_path(server.faults(), path)
}

async fn engine_request(
    server: &Arc<Shared>,
    slot: &UpgradeSlot,
    cors: &Cors,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    faults::robustness::request(server, &request);
    let raw_query = request.uri().query().unwrap_or_default();
    if faults::requests::refuses_query(server.faults(), raw_query) {
        return Err(Refusal::BadRequest);
    }
    let query = Query::parse(raw_query);
    let asks = handshake::asks(request.headers(), server.faults());
    let verified = verify(server, request.method(), &query, asks)?;
    // CORS does not hold for WebSockets: browsers connect to any server and leave it to that server
    // to look at the origin (RFC 6455 section 10.2).
    if asks == Asks::WebSocket
        && *cors == Cors::Unlisted
        && !faults::cors::admits_foreign_websocket(server.faults())
    {
        return Err(Refusal::Forbidden);
    }
    let tokens = || TokenSources::read(&query, request.headers());
    match verified {
        Verified::Open(TransportKind::Polling, revision) => {
            let payload = engine::open_polling(server, revision, &query, tokens());
            Ok(polling::packets(payload, server.faults()))
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
            slot.fill(Probing::begin(session), accepted.deflate);
            Ok(accepted.response)
        }
        Verified::Session(session) => match *request.method() {
            Method::GET => polling::get(&session).await,
            Method::POST => polling::post(&session, request).await,
            _ => Err(Refusal::BadHandshakeMethod),
        },
    }
}
