//! The GET and POST requests of a polling session.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Request, Response,
    body::{Body, Bytes, Incoming},
    header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue},
};
use tokio::{select, time::sleep};

use super::{Coding, Refusal};
use crate::reference::{
    FaultSet,
    arrivals::Turn,
    engine::{self, Payload, PayloadKind, PendingPost, Revision, Session, Unserved},
};

/// The time in which the body of a POST has to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns a response that carries packets, compressed with a coding that the client accepts.
pub(super) fn respond_with_packets(
    payload: Payload,
    accepted: Option<Coding>,
    faults: &FaultSet,
) -> Response<Full<Bytes>> {
    let kind = match payload.kind {
        PayloadKind::Binary => "application/octet-stream",
        PayloadKind::Script => "text/javascript; charset=UTF-8",
        PayloadKind::Text => "text/plain; charset=UTF-8",
    };
    let kind = faults.choose_content_type(kind);
    let coding = faults.choose_coding(accepted);
    let encoded = coding.and_then(|coding| Some((coding, coding.encode(&payload.body)?)));
    let mut response = match encoded {
        Some((coding, encoded)) => {
            let body = faults.choose_body(encoded, &payload.body);
            let mut response = respond(body, kind, faults);
            let name = HeaderValue::from_static(coding.name());
            response.headers_mut().insert(CONTENT_ENCODING, name);
            response
        }
        None => respond(payload.body, kind, faults),
    };
    faults.close_after_answer(response.headers_mut());
    response
}

/// Waits until the server has packets for the client, then answers the GET.
pub(super) async fn get(
    session: &Arc<Session>,
    turn: &Turn<'_>,
    accepted: Option<Coding>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    if let Some(payload) = session.faults().answers_at_once(session) {
        return Ok(respond_with_packets(payload, accepted, session.faults()));
    }
    match engine::poll(session, turn).await {
        Ok(payload) => Ok(respond_with_packets(payload, accepted, session.faults())),
        Err(Unserved) => Err(Refusal::BadRequest),
    }
}

/// Receives a POST and handles its packets.
pub(super) async fn post(
    session: &Arc<Session>,
    turn: &Turn<'_>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let Ok(post) = engine::post(session) else {
        return Err(Refusal::BadRequest);
    };
    turn.handled();
    let content_type = request.headers().get(CONTENT_TYPE);
    if session.faults().refuses_content_type(content_type) {
        post.refuse();
        return Err(Refusal::BadRequest);
    }
    let kind = match content_type {
        Some(kind) if kind == "application/octet-stream" => PayloadKind::Binary,
        _ => PayloadKind::Text,
    };
    // Revision 4 has no binary payloads, so the body is refused. Dropping `post` closes the
    // session.
    if kind == PayloadKind::Binary
        && session.revision == Revision::V4
        && !session.faults().accepts_bytes()
    {
        session.faults().hang_on_bytes().await;
        return Err(Refusal::BadRequest);
    }
    let announced = request.body().size_hint().exact();
    if session.faults().loses_body(announced) {
        post.refuse();
        return Ok(confirm_post(session));
    }
    let body = match read_body(session, &post, request.into_body()).await {
        Ok(body) => body,
        Err(refusal) => {
            // If the body is too large, the session stays open. After any other refusal, dropping
            // `post` closes the session.
            if refusal == Refusal::PayloadTooLarge {
                post.refuse();
            }
            return Err(refusal);
        }
    };
    if let Some(delay) = post.delay(body.len()) {
        sleep(delay).await;
    }
    post.await_poll(turn, &body, kind).await;
    post.receive(&body, kind);
    session.faults().hang_on_noop(&body).await;
    session.faults().hang_after_end(session).await;
    Ok(confirm_post(session))
}

/// Reads the body of a POST.
///
/// # Errors
///
/// Returns a refusal if the body is too large, incomplete or late, or the session ends meanwhile.
async fn read_body(
    session: &Session,
    post: &PendingPost,
    body: Incoming,
) -> Result<Bytes, Refusal> {
    let bound = session
        .faults()
        .body_limit(session.server.config.max_payload);
    let bound = usize::try_from(bound).unwrap_or(usize::MAX);
    let announced = body.size_hint();
    let limit = session.faults().read_limit(bound, announced.exact());
    if usize::try_from(announced.lower()).is_ok_and(|announced| announced > limit) {
        return Err(Refusal::PayloadTooLarge);
    }
    let body = select! {
        // The body is polled first: if it has arrived, it is handled even if the session has ended
        // at the same moment.
        biased;
        body = Limited::new(body, limit).collect() => body,
        () = post.session_ended() => return Err(Refusal::BadRequest),
        () = sleep(BODY_TIMEOUT) => return Err(Refusal::Timeout),
    };
    let body = match body {
        Ok(body) => session.faults().join_chunks(body),
        Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::PayloadTooLarge),
        Err(_) => return Err(Refusal::BadRequest),
    };
    if session.faults().has_too_many_characters(&body, bound) {
        return Err(Refusal::PayloadTooLarge);
    }
    Ok(body)
}

/// Returns the response to a POST whose packets were handled.
fn confirm_post(session: &Session) -> Response<Full<Bytes>> {
    let reply = session.faults().post_reply();
    let reply = Bytes::from_static(reply);
    respond(reply, "text/html", session.faults())
}

fn respond(body: Bytes, content_type: &'static str, faults: &FaultSet) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // Forbids caches to store the response. If a cache answered a poll in place of the server, the
    // client would not get the packets that wait.
    let kept = faults.choose_cache_control();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}
