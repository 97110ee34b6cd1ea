//! The opening handshake of a WebSocket, the server's side (RFC 6455 section 4.2).

use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Response, StatusCode, Version,
    body::Bytes,
    header::{
        CONNECTION, HOST, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
        SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};

use super::{Refusal, verify::Asks};
use crate::{
    reference::{FaultSet, faults},
    wire::websocket::accept_key,
};

/// Whether the request asks for a WebSocket: both tokens, without regard to case
/// (RFC 6455 section 4.2.1, items 3 and 4).
pub(super) fn asks(headers: &HeaderMap) -> Asks {
    if has_token(headers, UPGRADE.as_str(), "websocket")
        && has_token(headers, CONNECTION.as_str(), "upgrade")
    {
        Asks::WebSocket
    } else {
        Asks::Http
    }
}

/// The 101 for a right request.
///
/// # Errors
///
/// The request breaks a rule of RFC 6455 section 4.2.1.
pub(super) fn accept<B>(
    request: &Request<B>,
    faults: &FaultSet,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let headers = request.headers();
    if request.version() != Version::HTTP_11 || !headers.contains_key(HOST) {
        return Err(Refusal::BadRequest);
    }
    let key = match headers.get(SEC_WEBSOCKET_KEY) {
        Some(key) if is_key(key) || faults::handshake::accepts_bad_key(faults) => key,
        None if faults::handshake::accepts_missing_key(faults) => &HeaderValue::from_static(""),
        _ => return Err(Refusal::BadRequest),
    };
    let right_version = headers
        .get(SEC_WEBSOCKET_VERSION)
        .is_some_and(|version| version.as_bytes().trim_ascii() == b"13");
    if !right_version && !faults::handshake::accepts_any_version(faults) {
        return Err(Refusal::WebSocketVersion);
    }
    if !are_extensions(headers) {
        return Err(Refusal::BadRequest);
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let accepted = accept_key(key.to_str().unwrap_or_default().trim());
    let added = response.headers_mut();
    added.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    added.insert(UPGRADE, HeaderValue::from_static("websocket"));
    // Base64 is always a valid header value.
    if let Ok(value) = HeaderValue::from_str(&accepted) {
        added.insert(SEC_WEBSOCKET_ACCEPT, value);
    }
    faults::handshake::accepted(faults, headers, added);
    Ok(response)
}

/// Whether the key is the base64 form of 16 bytes (RFC 6455 section 4.2.1, item 5).
fn is_key(key: &HeaderValue) -> bool {
    BASE64_STANDARD
        .decode(key.as_bytes().trim_ascii())
        .is_ok_and(|key| key.len() == 16)
}

/// Whether the extensions offered are written as RFC 6455 section 9.1 demands; none is accepted.
fn are_extensions(headers: &HeaderMap) -> bool {
    headers
        .get_all(SEC_WEBSOCKET_EXTENSIONS)
        .iter()
        .all(|value| {
            value.to_str().is_ok_and(|list| {
                list.split(',').all(|extension| {
                    let name = extension.split(';').next().unwrap_or_default().trim();
                    !name.is_empty() && name.bytes().all(is_token_byte)
                })
            })
        })
}

/// RFC 9110 section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn has_token(headers: &HeaderMap, name: &str, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().version(Version::HTTP_11);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn tokens_are_found_in_lists_whatever_their_case() {
        let firefox = request(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
        ]);
        assert_eq!(asks(firefox.headers()), Asks::WebSocket);
        let h2c = request(&[("connection", "upgrade"), ("upgrade", "h2c")]);
        assert_eq!(asks(h2c.headers()), Asks::Http);
    }

    #[test]
    fn keys_must_be_sixteen_bytes() {
        let none = FaultSet::default();
        let with = |key| {
            request(&[
                ("host", "a"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", key),
            ])
        };
        let good = accept(&with("dGhlIHNhbXBsZSBub25jZQ=="), &none).unwrap();
        assert_eq!(
            good.headers()["sec-websocket-accept"],
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
        for bad in ["abc", "AAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(accept(&with(bad), &none).unwrap_err(), Refusal::BadRequest);
        }
    }

    #[test]
    fn separators_alone_are_no_extensions() {
        let bare = request(&[("sec-websocket-extensions", ", ;")]);
        assert!(!are_extensions(bare.headers()));
        let unknown = request(&[("sec-websocket-extensions", "x-unheard; a=1, constructor")]);
        assert!(are_extensions(unknown.headers()));
    }
}
