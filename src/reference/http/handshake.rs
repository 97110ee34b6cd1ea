//! The server's side of the WebSocket opening handshake (RFC 6455 section 4.2).

use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Response, StatusCode, Version,
    body::Bytes,
    header::{
        CONNECTION, HOST, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
        SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};

use super::{Refusal, request_check::AskedProtocol};
use crate::{
    reference::{Config, FaultSet},
    wire::websocket::{DeflateOffer, Extension, accept_key},
};

/// Returns the protocol that the request asks for. A WebSocket handshake has `websocket` in the
/// Upgrade header and `upgrade` in the Connection header, in any case (RFC 6455 section 4.2.1,
/// items 3 and 4).
pub(super) fn asked_protocol(headers: &HeaderMap, faults: &FaultSet) -> AskedProtocol {
    let upgrade = has_token(headers, UPGRADE, "websocket") || faults.ignores_upgrade_header();
    let connection =
        has_token(headers, CONNECTION, "upgrade") || faults.ignores_connection_header();
    if upgrade && connection && !faults.refuses_tokens(headers) {
        AskedProtocol::WebSocket
    } else {
        AskedProtocol::Http
    }
}

/// An accepted WebSocket handshake.
#[derive(Debug)]
pub(super) struct Accepted {
    /// The 101 response, which accepts the handshake.
    pub(super) response: Response<Full<Bytes>>,
    /// The negotiated parameters of compression; `None` if the connection is not compressed.
    pub(super) deflate: Option<DeflateOffer>,
}

/// Returns the 101 response for a valid handshake.
///
/// # Errors
///
/// Returns a refusal if the request breaks a rule of RFC 6455 section 4.2.1.
pub(super) fn accept<B>(request: &Request<B>, config: &Config) -> Result<Accepted, Refusal> {
    let faults = &config.faults;
    let headers = request.headers();
    let right_http = request.version() == Version::HTTP_11 || faults.accepts_any_http();
    let has_host = headers.contains_key(HOST) || faults.accepts_missing_host();
    if !right_http || !has_host {
        return Err(Refusal::BadRequest);
    }
    let key = match headers.get(SEC_WEBSOCKET_KEY) {
        Some(key) if is_key(key) || faults.accepts_bad_key() => key,
        None if faults.accepts_missing_key() => &HeaderValue::from_static(""),
        _ => return Err(Refusal::BadRequest),
    };
    let right_version = headers
        .get(SEC_WEBSOCKET_VERSION)
        .is_some_and(|version| version.as_bytes().trim_ascii() == b"13");
    if !right_version && !faults.accepts_any_version() {
        return Err(Refusal::WebSocketVersion);
    }
    let offers = parse_extensions(headers).ok_or(Refusal::BadRequest)?;
    let deflate = faults
        .choose_offer(&offers)
        .filter(|_| config.deflate)
        .map(|offer| faults.alter_answer(&offer));
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let accepted = accept_key(key.to_str().unwrap_or_default().trim());
    let added = response.headers_mut();
    added.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    added.insert(UPGRADE, HeaderValue::from_static("websocket"));
    // These conversions to header values can't fail: base64 and the server's own extension
    // parameters contain only characters that are valid in headers.
    if let Ok(value) = HeaderValue::from_str(&accepted) {
        added.insert(SEC_WEBSOCKET_ACCEPT, value);
    }
    let extension = deflate.as_ref().map(DeflateOffer::to_header);
    if let Some(Ok(value)) = extension.as_deref().map(HeaderValue::from_str) {
        added.insert(SEC_WEBSOCKET_EXTENSIONS, value);
    }
    faults.alter_101(headers, added);
    Ok(Accepted { response, deflate })
}

/// Returns true if the key is the base64 form of 16 bytes (RFC 6455 section 4.2.1, item 5).
fn is_key(key: &HeaderValue) -> bool {
    BASE64_STANDARD
        .decode(key.as_bytes().trim_ascii())
        .is_ok_and(|key| key.len() == 16)
}

/// Returns the offered extensions; `None` if the header breaks the syntax of RFC 6455 section 9.1.
fn parse_extensions(headers: &HeaderMap) -> Option<Vec<Extension>> {
    let lists = headers
        .get_all(SEC_WEBSOCKET_EXTENSIONS)
        .iter()
        .map(|value| Extension::parse_list(value.to_str().ok()?));
    Some(lists.collect::<Option<Vec<_>>>()?.concat())
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
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
    fn upgrade_tokens_are_found_in_lists_in_any_case() {
        let none = FaultSet::default();
        let firefox = request(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
        ]);
        assert_eq!(
            asked_protocol(firefox.headers(), &none),
            AskedProtocol::WebSocket
        );
        let h2c = request(&[("connection", "upgrade"), ("upgrade", "h2c")]);
        assert_eq!(asked_protocol(h2c.headers(), &none), AskedProtocol::Http);
    }

    #[test]
    fn keys_must_be_sixteen_bytes() {
        let none = Config::default();
        let with = |key| {
            request(&[
                ("host", "a"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", key),
            ])
        };
        let good = accept(&with("dGhlIHNhbXBsZSBub25jZQ=="), &none).unwrap();
        assert_eq!(
            good.response.headers()["sec-websocket-accept"],
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
        for bad in ["abc", "AAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(accept(&with(bad), &none).unwrap_err(), Refusal::BadRequest);
        }
    }

    #[test]
    fn the_first_acceptable_compression_offer_is_accepted() {
        let asked = request(&[
            ("host", "a"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            (
                "sec-websocket-extensions",
                "permessage-deflate; server_max_window_bits=7, \
                 permessage-deflate; client_max_window_bits",
            ),
        ]);
        let mut config = Config::default();
        let accepted = accept(&asked, &config).unwrap();
        assert_eq!(accepted.deflate, None);
        config.deflate = true;
        let accepted = accept(&asked, &config).unwrap();
        let header = &accepted.response.headers()["sec-websocket-extensions"];
        assert_eq!(header, "permessage-deflate");
    }

    #[test]
    fn an_extensions_header_of_separators_only_is_invalid() {
        let bare = request(&[("sec-websocket-extensions", ", ;")]);
        assert_eq!(parse_extensions(bare.headers()), None);
        let unknown = request(&[("sec-websocket-extensions", "x-unheard; a=1, constructor")]);
        assert_eq!(
            parse_extensions(unknown.headers()).map(|list| list.len()),
            Some(2)
        );
    }
}
