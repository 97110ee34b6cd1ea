//! Which origins may read the answers (Fetch standard, "CORS protocol").

use hyper::{
    Response,
    header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue, VARY},
};

use super::table::defects;
use crate::reference::{FaultSet, http::Cors};

defects!(CorsDefects at 4 {
    AnyOrigin = "cors-any-origin": "Any origin is reflected as allowed.", seen "CVE-2020-28481";
    CredentialsMissing = "cors-credentials-missing": "Credentials are not allowed to a listed origin.";
    AnyOriginRefused = "cors-any-origin-refused": "Where any origin is allowed, none is.", seen "`*` taken for the name of an origin";
    DefaultOpen = "cors-default-open": "A server without CORS settings allows every origin.", seen "CVE-2020-28481";
    MissingOnErrors = "cors-missing-on-errors": "Refusals carry no CORS headers, so that a page can't read why.";
    PreflightRefused = "cors-preflight-refused": "A preflight request is taken for a bad handshake.";
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
        (Cors::Unlisted, Some(origin)) if faults.has(CorsDefects::AnyOrigin) => {
            Cors::Listed(origin.clone())
        }
        (Cors::Silent, Some(_)) if faults.has(CorsDefects::DefaultOpen) => Cors::Any,
        (Cors::Any, Some(_)) if faults.has(CorsDefects::AnyOriginRefused) => Cors::Silent,
        (decided, _) => decided,
    }
}

/// A preflight request is answered.
pub(in crate::reference) fn refuses_preflight(faults: &FaultSet) -> bool {
    faults.has(CorsDefects::PreflightRefused)
}

/// A foreign page opens no WebSocket.
pub(in crate::reference) fn admits_foreign_websocket(faults: &FaultSet) -> bool {
    faults.has(CorsDefects::WebSocketUnchecked)
}

/// The headers stand on every answer.
pub(in crate::reference) fn applied<B>(faults: &FaultSet, response: &mut Response<B>) {
    let refused = response.status().is_client_error();
    let headers = response.headers_mut();
    if faults.has(CorsDefects::CredentialsMissing) {
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
    if faults.has(CorsDefects::VaryMissing) {
        headers.remove(VARY);
    }
    if faults.has(CorsDefects::MissingOnErrors) && refused {
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
}
