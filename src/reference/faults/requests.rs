//! Requests to the Engine.IO path, and their refusal.

use hyper::StatusCode;
use url::form_urlencoded;

use super::topic::faults;
use crate::reference::{
    FaultSet,
    engine::{Session, TransportKind},
    http::{Asks, Refusal},
};

faults!(RequestFault {
    AdmissionIgnored = "admission-ignored": "A handshake that the application refuses opens a session.";
    AdmissionIsError = "admission-refusal-is-error": "A handshake that the application refuses is answered 500.";
    BadMethodAccepted = "bad-method-accepted": "A session can be opened with any method.";
    BadVersionAccepted = "bad-version-accepted": "Any EIO is taken for 4.";
    BodyNotJson = "error-body-not-json": "Refusals are told as plain text.";
    BundleEscapes = "bundle-path-escapes": "Below the Engine.IO path any file of the server can be read.";
    BundleNoScript = "bundle-is-no-script": "The client's script is served as a page.";
    CodeWrong = "error-code-wrong": "Every refusal has the code 0.";
    DisabledTransportAccepted = "disabled-transport-accepted": "A transport that is switched off is served.";
    MissingTransportAccepted = "missing-transport-accepted": "A request without a transport is taken for polling.", seen "python-engineio 4.15.1";
    MissingVersionAccepted = "missing-version-accepted": "A request without EIO is taken for revision 4.";
    SessionMethodIgnored = "session-method-ignored": "On a session any method but GET is taken for POST.";
    StatusOk = "error-status-200": "Refusals are answered 200.";
    TransportMismatchAccepted = "transport-mismatch-accepted": "A WebSocket's session can be polled.";
    UnknownSidAccepted = "unknown-sid-accepted": "A request with an unknown session id opens a session.";
    UnknownTransportAccepted = "unknown-transport-accepted": "An unknown transport is taken for polling.";
    VersionMismatchAccepted = "version-mismatch-accepted": "EIO may change within a session.";
    UnknownParametersRefused = "unknown-parameters-refused": "Query parameters that the protocol does not know are refused.";
    UpgradeTransportUnchecked = "upgrade-transport-unchecked": "An upgrade request opens a WebSocket whatever its transport parameter says.";
    WebSocketByPlainGet = "websocket-by-plain-get-accepted": "A plain GET for the transport websocket opens a polling session.";
    WrongPathServed = "wrong-path-served": "Engine.IO is served on every path.";
});

/// A refusal as it is answered.
#[derive(Debug)]
pub(in crate::reference) struct Refused {
    pub(in crate::reference) status: StatusCode,
    pub(in crate::reference) content_type: &'static str,
    pub(in crate::reference) body: String,
}

/// A refusal has its status, and a body of `{"code", "message"}` in JSON.
pub(in crate::reference) fn refusal(
    faults: &FaultSet,
    status: StatusCode,
    code: u8,
    message: &str,
) -> Refused {
    if faults.has(RequestFault::BodyNotJson) {
        return Refused {
            status,
            content_type: "text/plain; charset=UTF-8",
            body: message.to_owned(),
        };
    }
    let code = if faults.has(RequestFault::CodeWrong) {
        0
    } else {
        code
    };
    let status = if faults.has(RequestFault::StatusOk) {
        StatusCode::OK
    } else if faults.has(RequestFault::AdmissionIsError) && status == StatusCode::FORBIDDEN {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        status
    };
    Refused {
        status,
        content_type: "application/json",
        body: format!(r#"{{"code":{code},"message":"{message}"}}"#),
    }
}

/// Only GET opens a session.
pub(in crate::reference) fn accepts_method(faults: &FaultSet) -> bool {
    faults.has(RequestFault::BadMethodAccepted)
}

/// A session is polled by GET and POST.
pub(in crate::reference) fn takes_for_post(faults: &FaultSet) -> bool {
    faults.has(RequestFault::SessionMethodIgnored)
}

/// What the application refuses is refused.
pub(in crate::reference) fn admission(faults: &FaultSet, refusal: Refusal) -> Result<(), Refusal> {
    if faults.has(RequestFault::AdmissionIgnored) {
        Ok(())
    } else {
        Err(refusal)
    }
}

/// No file is served below the Engine.IO path.
pub(in crate::reference) fn file(
    faults: &FaultSet,
    below: &str,
) -> Option<(&'static str, &'static str)> {
    let climbs = below.contains("..") || below.to_ascii_lowercase().contains("%2e");
    if faults.has(RequestFault::BundleEscapes) && climbs {
        return Some(("application/json", r#"{"name":"server","private":true}"#));
    }
    if faults.has(RequestFault::BundleNoScript) && below.ends_with(".js") {
        return Some(("text/html", "<p>The client</p>"));
    }
    None
}

/// `EIO` stays what it was in the handshake.
pub(in crate::reference) fn accepts_version_change(faults: &FaultSet) -> bool {
    faults.has(RequestFault::VersionMismatchAccepted)
}

/// A session is polled only while it is on polling.
pub(in crate::reference) fn accepts_other_transport(session: &Session) -> bool {
    session
        .faults()
        .has(RequestFault::TransportMismatchAccepted)
        || super::upgrade::keeps_polling_open(session)
}

/// The transport must be named, exactly.
pub(in crate::reference) fn transport_name<'a>(
    faults: &FaultSet,
    name: Option<&'a str>,
) -> Option<&'a str> {
    match name {
        None if faults.has(RequestFault::MissingTransportAccepted) => Some("polling"),
        Some("polling" | "websocket") | None => name,
        Some(_) if faults.has(RequestFault::UnknownTransportAccepted) => Some("polling"),
        Some(_) => name,
    }
}

/// Parameters that mean nothing are let alone.
pub(in crate::reference) fn refuses_query(faults: &FaultSet, query: &str) -> bool {
    faults.has(RequestFault::UnknownParametersRefused)
        && form_urlencoded::parse(query.as_bytes())
            .any(|(name, _)| !matches!(&*name, "EIO" | "transport" | "sid" | "b64"))
}

/// The transport and the form of the request must fit each other.
pub(in crate::reference) fn transport(
    faults: &FaultSet,
    named: TransportKind,
    asks: Asks,
) -> TransportKind {
    match asks {
        Asks::Http if faults.has(RequestFault::WebSocketByPlainGet) => TransportKind::Polling,
        Asks::WebSocket if ignores_transport(faults, asks) => TransportKind::WebSocket,
        Asks::Http | Asks::WebSocket => named,
    }
}

/// An upgrade request must name the transport that it is for.
pub(in crate::reference) fn ignores_transport(faults: &FaultSet, asks: Asks) -> bool {
    asks == Asks::WebSocket && faults.has(RequestFault::UpgradeTransportUnchecked)
}

/// A transport that is switched off is not served.
pub(in crate::reference) fn offers_all_transports(faults: &FaultSet) -> bool {
    faults.has(RequestFault::DisabledTransportAccepted)
}

/// `EIO` must be there, and one that is spoken here.
pub(in crate::reference) fn revision<'a>(
    faults: &FaultSet,
    revision: Option<&'a str>,
) -> Option<&'a str> {
    match revision {
        None if faults.has(RequestFault::MissingVersionAccepted) => Some("4"),
        Some(_) if faults.has(RequestFault::BadVersionAccepted) => Some("4"),
        other => other,
    }
}

/// A session id must be one that exists.
pub(in crate::reference) fn accepts_unknown_sid(faults: &FaultSet) -> bool {
    faults.has(RequestFault::UnknownSidAccepted)
}

/// Only the configured path is Engine.IO's.
pub(in crate::reference) fn serves_any_path(faults: &FaultSet, path: &str) -> bool {
    faults.has(RequestFault::WrongPathServed) && path != "/health"
}
