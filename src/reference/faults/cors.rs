//! Which origins may read the answers (Fetch standard, "CORS protocol").

use hyper::{
    Response,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue, VARY,
    },
};

use super::topic::faults;
use crate::reference::{
    FaultSet,
    http::{Asked, Cors},
};

faults!(CorsFault {
    AnyWithCredentials = "cors-any-origin-with-credentials": "Where any origin is allowed, credentials are as well.";
    AnyOrigin = "cors-any-origin": "Any origin is reflected as allowed.", seen "CVE-2020-28481";
    CredentialsMissing = "cors-credentials-missing": "Credentials are not allowed to a listed origin.";
    AnyOriginRefused = "cors-any-origin-refused": "Where any origin is allowed, none is.", seen "`*` taken for the name of an origin";
    DefaultOpen = "cors-default-open": "A server without CORS settings allows every origin.", seen "CVE-2020-28481";
    MissingOnErrors = "cors-missing-on-errors": "Refusals carry no CORS headers, so that a page can't read why.";
    MissingLater = "cors-missing-after-handshake": "Answers within a session carry no CORS headers.";
    MissingOnPosts = "cors-missing-on-posts": "Answers to POST requests carry no CORS headers.";
    MissingOnUnknownSession = "cors-missing-on-unknown-session": "Refusals of a session that does not exist carry no CORS headers.";
    PortIgnored = "cors-port-ignored": "An origin on another port of a listed host is allowed.";
    PreflightCredentialsMissing = "cors-preflight-credentials-missing": "The answer to a preflight request does not allow credentials.";
    PreflightHeadersMissing = "cors-preflight-headers-missing": "The answer to a preflight request allows no headers.";
    PreflightRefused = "cors-preflight-refused": "A preflight request is taken for a bad handshake.";
    SubdomainsAllowed = "cors-subdomains-allowed": "Subdomains of a listed host are allowed.";
    VaryMissing = "cors-vary-missing": "Answers that differ by origin do not say so to caches.";
    WebSocketUnchecked = "cors-websocket-origin-unchecked": "A page of any origin may open a WebSocket.", seen "CVE-2019-13611";
});

/// A listed origin is reflected, another one is not.
pub(in crate::reference) fn decided(
    faults: &FaultSet,
    decided: Cors,
    origin: Option<&HeaderValue>,
) -> Cors {
    match (decided, origin) {
        (Cors::Unlisted, Some(origin)) if faults.has(CorsFault::AnyOrigin) => {
            Cors::Listed(origin.clone())
        }
        (Cors::Unlisted, Some(origin)) if resembles(faults, origin) => Cors::Listed(origin.clone()),
        (Cors::Silent, Some(_)) if faults.has(CorsFault::DefaultOpen) => Cors::Any,
        (Cors::Any, Some(_)) if faults.has(CorsFault::AnyOriginRefused) => Cors::Silent,
        (decided, _) => decided,
    }
}

/// An origin is compared whole; the list has one entry, without a port.
fn resembles(faults: &FaultSet, origin: &HeaderValue) -> bool {
    let Some((scheme, host)) = origin.to_str().ok().and_then(|text| text.split_once("://")) else {
        return false;
    };
    let is_listed = |host: &str| scheme == "http" && host == "good.example";
    (faults.has(CorsFault::PortIgnored)
        && host
            .split_once(':')
            .is_some_and(|(host, _)| is_listed(host)))
        || (faults.has(CorsFault::SubdomainsAllowed)
            && host
                .split_once('.')
                .is_some_and(|(_, parent)| is_listed(parent)))
}

/// A preflight request is answered.
pub(in crate::reference) fn refuses_preflight(faults: &FaultSet) -> bool {
    faults.has(CorsFault::PreflightRefused)
}

/// A foreign page opens no WebSocket.
pub(in crate::reference) fn admits_foreign_websocket(faults: &FaultSet) -> bool {
    faults.has(CorsFault::WebSocketUnchecked)
}

/// The headers stand on every answer.
pub(in crate::reference) fn applied<B>(
    faults: &FaultSet,
    asked: Asked,
    response: &mut Response<B>,
) {
    let refused = response.status().is_client_error();
    let is_preflight = response
        .headers()
        .contains_key(ACCESS_CONTROL_ALLOW_METHODS);
    let headers = response.headers_mut();
    if faults.has(CorsFault::CredentialsMissing) {
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
    if faults.has(CorsFault::VaryMissing) {
        headers.remove(VARY);
    }
    if is_preflight && faults.has(CorsFault::PreflightCredentialsMissing) {
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
    if is_preflight && faults.has(CorsFault::PreflightHeadersMissing) {
        headers.remove(ACCESS_CONTROL_ALLOW_HEADERS);
    }
    let is_any = headers
        .get(ACCESS_CONTROL_ALLOW_ORIGIN)
        .is_some_and(|origin| origin == "*");
    if is_any && faults.has(CorsFault::AnyWithCredentials) {
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    }
    let missing = (refused && faults.has(CorsFault::MissingOnErrors))
        || (refused && asked.in_session && faults.has(CorsFault::MissingOnUnknownSession))
        || (!refused && asked.in_session && faults.has(CorsFault::MissingLater))
        || (asked.is_post && faults.has(CorsFault::MissingOnPosts));
    if missing {
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
}
