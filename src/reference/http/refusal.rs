//! The responses that refuse requests, in the form of the JavaScript server.

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};

use crate::reference::FaultSet;

/// Why a request to the Engine.IO path is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Refusal {
    /// The request is invalid (error code 3).
    BadRequest,
    /// The request's HTTP method can't open a session (error code 2).
    BadHandshakeMethod,
    /// The request's origin is not on the list of allowed origins (error code 4).
    Forbidden,
    /// The application refuses the `visitor` in the query (error code 4).
    Intruder,
    /// The body of the POST is larger than maxPayload.
    PayloadTooLarge,
    /// No session has the id in the query (error code 1).
    SessionUnknown,
    /// The body of the POST did not arrive in time.
    Timeout,
    /// The transport in the query is unknown or switched off (error code 0).
    TransportUnknown,
    /// The server does not serve the protocol revision in the query parameter `EIO` (error code 5).
    UnsupportedProtocol,
    /// The WebSocket version is not 13 (RFC 6455 section 4.4).
    WebSocketVersion,
}

impl Refusal {
    fn parts(self) -> (StatusCode, u8, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, 3, "Bad request"),
            Self::BadHandshakeMethod => (StatusCode::BAD_REQUEST, 2, "Bad handshake method"),
            Self::Forbidden => (StatusCode::FORBIDDEN, 4, "Forbidden"),
            Self::Intruder => (StatusCode::FORBIDDEN, 4, "No intruders"),
            Self::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 3, "Payload too large"),
            Self::SessionUnknown => (StatusCode::BAD_REQUEST, 1, "Session ID unknown"),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, 3, "Request timeout"),
            Self::TransportUnknown => (StatusCode::BAD_REQUEST, 0, "Transport unknown"),
            Self::UnsupportedProtocol => {
                (StatusCode::BAD_REQUEST, 5, "Unsupported protocol version")
            }
            Self::WebSocketVersion => (StatusCode::UPGRADE_REQUIRED, 3, "Bad request"),
        }
    }

    /// Returns the response that refuses the request: a status, and a JSON body with `code` and
    /// `message`.
    pub(in crate::reference) fn response(self, faults: &FaultSet) -> Response<Full<Bytes>> {
        let (status, code, message) = self.parts();
        let refused = faults.alter_refusal(status, code, message);
        let mut response = Response::new(Full::new(Bytes::from(refused.body)));
        *response.status_mut() = refused.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(refused.content_type));
        if self == Self::WebSocketVersion {
            headers.insert(
                HeaderName::from_static("sec-websocket-version"),
                HeaderValue::from_static("13"),
            );
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_of_a_websocket_version_names_version_13() {
        let response = Refusal::WebSocketVersion.response(&FaultSet::default());
        assert_eq!(response.status(), 426);
        assert_eq!(response.headers()["sec-websocket-version"], "13");
    }
}
