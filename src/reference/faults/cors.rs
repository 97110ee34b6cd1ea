//! Faults in CORS: which origins' pages may read the answers (Fetch standard, "CORS protocol").

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
    http::{Cors, RequestKind},
};

faults!(CorsFault {
    AnyWithCredentials = "cors-any-origin-with-credentials": "The server allows credentials although its settings allow any origin.";
    AnyOrigin = "cors-any-origin": "The server reflects any origin as allowed.", seen "CVE-2020-28481";
    CredentialsMissing = "cors-credentials-missing": "The server does not allow credentials to a listed origin.";
    AnyOriginRefused = "cors-any-origin-refused": "The server allows no origin although its settings allow every origin.", seen "`*` taken for the name of an origin";
    DefaultOpen = "cors-default-open": "The server allows every origin although it has no CORS settings.", seen "CVE-2020-28481";
    MissingOnErrors = "cors-missing-on-errors": "The server sends refusals without CORS headers, so that a page can't read the reason.";
    MissingLater = "cors-missing-after-handshake": "The server sends CORS headers with the handshake of a session, but not with later answers.";
    MissingOnPosts = "cors-missing-on-posts": "The server sends no CORS headers on answers to POST requests.";
    MissingOnUnknownSession = "cors-missing-on-unknown-session": "The server sends no CORS headers when it refuses an unknown session id.";
    PortIgnored = "cors-port-ignored": "The server allows an origin on another port of a listed host.";
    PreflightCredentialsMissing = "cors-preflight-credentials-missing": "The server answers preflight requests without allowing credentials.";
    PreflightHeadersMissing = "cors-preflight-headers-missing": "The server answers preflight requests without allowing headers.";
    PreflightRefused = "cors-preflight-refused": "The server refuses preflight requests as bad handshakes.";
    SubdomainsAllowed = "cors-subdomains-allowed": "The server allows subdomains of a listed host.";
    VaryMissing = "cors-vary-missing": "The server sends no `Vary: Origin` on answers that depend on the origin.";
    WebSocketUnchecked = "cors-websocket-origin-unchecked": "The server lets pages of any origin open a WebSocket.", seen "CVE-2019-13611";
});

impl FaultSet {
    /// Returns what a page of the request's origin may do. Without faults this is `decided`.
    pub(in crate::reference) fn alter_decision(
        &self,
        decided: Cors,
        origin: Option<&HeaderValue>,
    ) -> Cors {
        match (decided, origin) {
            (Cors::Unlisted, Some(origin)) if self.has(CorsFault::AnyOrigin) => {
                Cors::Listed(origin.clone())
            }
            (Cors::Unlisted, Some(origin)) if accepts_similar_origin(self, origin) => {
                Cors::Listed(origin.clone())
            }
            (Cors::Silent, Some(_)) if self.has(CorsFault::DefaultOpen) => Cors::Any,
            (Cors::Any, Some(_)) if self.has(CorsFault::AnyOriginRefused) => Cors::Silent,
            (decided, _) => decided,
        }
    }

    /// Returns true if the fault `cors-preflight-refused` is active.
    pub(in crate::reference) fn refuses_preflight(&self) -> bool {
        self.has(CorsFault::PreflightRefused)
    }

    /// Returns true if the fault `cors-websocket-origin-unchecked` is active.
    pub(in crate::reference) fn admits_foreign_websocket(&self) -> bool {
        self.has(CorsFault::WebSocketUnchecked)
    }

    /// Changes the CORS headers of a response.
    pub(in crate::reference) fn alter_headers<B>(
        &self,
        request_kind: RequestKind,
        response: &mut Response<B>,
    ) {
        let refused = response.status().is_client_error();
        let is_preflight = response
            .headers()
            .contains_key(ACCESS_CONTROL_ALLOW_METHODS);
        let headers = response.headers_mut();
        if self.has(CorsFault::CredentialsMissing) {
            headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        }
        if self.has(CorsFault::VaryMissing) {
            headers.remove(VARY);
        }
        if is_preflight && self.has(CorsFault::PreflightCredentialsMissing) {
            headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        }
        if is_preflight && self.has(CorsFault::PreflightHeadersMissing) {
            headers.remove(ACCESS_CONTROL_ALLOW_HEADERS);
        }
        let is_any = headers
            .get(ACCESS_CONTROL_ALLOW_ORIGIN)
            .is_some_and(|origin| origin == "*");
        if is_any && self.has(CorsFault::AnyWithCredentials) {
            headers.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        let missing = (refused && self.has(CorsFault::MissingOnErrors))
            || (refused && request_kind.in_session && self.has(CorsFault::MissingOnUnknownSession))
            || (!refused && request_kind.in_session && self.has(CorsFault::MissingLater))
            || (request_kind.is_post && self.has(CorsFault::MissingOnPosts));
        if missing {
            headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
            headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        }
    }
}

/// Returns true if an active fault treats the origin like the listed origin. The scenarios
/// configure one listed origin, without a port.
fn accepts_similar_origin(faults: &FaultSet, origin: &HeaderValue) -> bool {
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
