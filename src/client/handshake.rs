//! The client's side of the WebSocket opening handshake (RFC 6455 section 4.1).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;

use super::{
    ConnectFailure, Endpoint, Layer, Options, Outgoing, What,
    dial::dial,
    http::{Body, read_response},
    link::Link,
    recorder::Recorder,
    requests::{override_headers, plain_target, target},
    wait::Wait,
};
use crate::{
    random,
    wire::websocket::{Deflate, DeflateOffer, HandshakeRequest, HandshakeResponse, Role},
};

/// Connects and performs the opening handshake. Bytes after the 101 response stay in the link's inbox.
///
/// # Errors
///
/// Returns an error if the connection fails, the status is not 101, or the 101 response breaks the rules.
pub(super) async fn shake_hands(
    endpoint: &Endpoint,
    options: &Options,
    sid: Option<&str>,
    recorder: &mut Recorder,
) -> Result<(Link, Option<Deflate>), ConnectFailure> {
    let wait = Wait::new("WebSocket handshake response", options.deadline);
    let mut link = dial(endpoint, wait).await?;
    let request = handshake_request(endpoint, options, sid);
    link.outbox.extend_from_slice(&request.encode());
    recorder.tick();
    recorder.sent(Outgoing::Http {
        method: "GET".to_owned(),
        target: request.target.clone(),
        body: Bytes::new(),
    });
    let wait = Wait::new("WebSocket handshake response", options.deadline);
    let (response, _) = read_response(&mut link, wait, options.bounds, Body::Expected).await?;
    recorder.tick();
    recorder.record(What::Http(response.clone()), response.body.len());
    // The checks below can fail; flush first, so that the journal has the response in any case.
    let _ = recorder.flush();
    if response.status != 101 {
        return Err(ConnectFailure::Refused { response });
    }
    let answer = HandshakeResponse {
        status: response.status,
        headers: response.headers.clone(),
        body: Bytes::new(),
    };
    if let Err(error) = answer.verify(&request) {
        return Err(ConnectFailure::Handshake { error, response });
    }
    let deflate = response
        .header("sec-websocket-extensions")
        .and_then(DeflateOffer::parse)
        .map(|negotiated| Deflate::new(Role::Client, &negotiated));
    Ok((link, deflate))
}

fn handshake_request(
    endpoint: &Endpoint,
    options: &Options,
    sid: Option<&str>,
) -> HandshakeRequest {
    let target = match options.layer {
        Layer::SocketIo if options.envelopes.is_some() => plain_target(endpoint, options),
        Layer::EngineIo | Layer::SocketIo => target(endpoint, options, "websocket", sid),
        Layer::Tcp | Layer::WebSocket => plain_target(endpoint, options),
    };
    let key = BASE64_STANDARD.encode(random::random::<[u8; 16]>());
    let mut request = HandshakeRequest::new(&endpoint.authority(), &target, &key);
    if options.deflate {
        let offer = DeflateOffer {
            client_max_window_bits: Some(None),
            ..DeflateOffer::default()
        };
        request
            .headers
            .push(("Sec-WebSocket-Extensions".to_owned(), offer.to_header()));
    }
    if !options.protocols.is_empty() {
        let offered = options.protocols.join(", ");
        request
            .headers
            .push(("Sec-WebSocket-Protocol".to_owned(), offered));
    }
    request.headers = override_headers(request.headers, &options.headers);
    request
}
