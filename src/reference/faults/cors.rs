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
    AnyWithCredentials = "cors-any-origin-with-credentials": "The server sends Access-Control-Allow-Credentials although its settings allow every origin (`*`).";
    AnyOrigin = "cors-any-origin": "The server allows every origin in its CORS headers although its settings list only one.", seen "CVE-2020-28481";
    CredentialsMissing = "cors-credentials-missing": "The server does not send Access-Control-Allow-Credentials in responses to the origin that its settings allow.";
    AnyOriginRefused = "cors-any-origin-refused": "The server sends no CORS headers although its settings allow every origin (`*`).", seen "`*` taken for the name of an origin";
    DefaultOpen = "cors-default-open": "The server allows every origin in its CORS headers although its settings configure no CORS.", seen "CVE-2020-28481";
    MissingOnErrors = "cors-missing-on-errors": "The server sends error responses without CORS headers, so that a page can't read why its request was refused.";
    MissingLater = "cors-missing-after-handshake": "The server sends CORS headers in the response that opens a session, but not in later responses of the session.";
    MissingOnPosts = "cors-missing-on-posts": "The server sends no CORS headers in responses to POST requests.";
    MissingOnUnknownSession = "cors-missing-on-unknown-session": "The server sends no CORS headers in the response that refuses an unknown session id.";
    PortIgnored = "cors-port-ignored": "The server allows an origin that has the host of the allowed origin but another port.";
    PreflightCredentialsMissing = "cors-preflight-credentials-missing": "The server answers CORS preflight requests without Access-Control-Allow-Credentials.";
    PreflightHeadersMissing = "cors-preflight-headers-missing": "The server answers CORS preflight requests without Access-Control-Allow-Headers.";
    PreflightRefused = "cors-preflight-refused": "The server takes a CORS preflight request for a handshake with a wrong HTTP method, and refuses it.";
    SubdomainsAllowed = "cors-subdomains-allowed": "The server allows origins whose host is a subdomain of the allowed origin's host.";
    VaryMissing = "cors-vary-missing": "The server sends no `Vary: Origin` in responses that depend on the origin of the request.";
    WebSocketUnchecked = "cors-websocket-origin-unchecked": "The server lets a page of any origin open a WebSocket, although its settings allow only one origin.", seen "CVE-2019-13611";
});

impl FaultSet {
    /// Returns whether a page from the request's origin may read the response. Without faults this
    /// is `decided`.
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

/// Returns true if an active fault takes this origin for the allowed origin, because they are
/// similar. The scenarios always allow the origin `http://good.example`.
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
