//! Faults in the checks of requests to the Engine.IO path, and in the responses that refuse them.

use hyper::StatusCode;
use url::form_urlencoded;

use super::topic::faults;
use crate::reference::{
    FaultSet,
    engine::{Session, TransportKind},
    http::{AskedProtocol, Refusal},
};

faults!(RequestFault {
    AdmissionIgnored = "admission-ignored": "The server opens a session although the application refuses the handshake.";
    AdmissionIsError = "admission-refusal-is-error": "The server answers 500 to a handshake that the application refuses.";
    BadMethodAccepted = "bad-method-accepted": "The server opens a session on any HTTP method.";
    BadVersionAccepted = "bad-version-accepted": "The server treats any `EIO` in a request as 4.";
    BodyNotJson = "error-body-not-json": "The server sends refusals as plain text.";
    BundleEscapes = "bundle-path-escapes": "The server serves files outside its client bundle for paths with `..` below the Engine.IO path.";
    BundleNoScript = "bundle-is-no-script": "The server serves the client's script as text/html.";
    CodeWrong = "error-code-wrong": "The server sends every refusal with code 0.";
    DisabledTransportAccepted = "disabled-transport-accepted": "The server serves a transport that is switched off.";
    NeverAnswered = "refusal-never-answered": "The server neither answers a request that it refuses nor closes the connection.";
    BrokenPostNeverAnswered = "broken-post-never-answered": "The server does not answer a POST that ends its session.";
    OctetStreamNeverAnswered = "octet-stream-never-answered": "The server neither answers a POST of bytes nor closes the connection.", seen "engine.io 6.6.6";
    MissingTransportAccepted = "missing-transport-accepted": "The server treats a request without `transport` as polling.", seen "python-engineio 4.15.1";
    MissingVersionAccepted = "missing-version-accepted": "The server treats a request without `EIO` as revision 4.";
    SessionMethodIgnored = "session-method-ignored": "The server treats every HTTP method except GET as POST in a request of a session.";
    StatusOk = "error-status-200": "The server sends refusals with status 200.";
    TransportMismatchAccepted = "transport-mismatch-accepted": "The server answers polls of a session that is on WebSocket.";
    UnknownSidAccepted = "unknown-sid-accepted": "The server opens a session for a request with an unknown session id.";
    UnknownTransportAccepted = "unknown-transport-accepted": "The server treats an unknown `transport` as polling.";
    VersionMismatchAccepted = "version-mismatch-accepted": "The server accepts requests of a session with another `EIO` than the session's.";
    UnknownParametersRefused = "unknown-parameters-refused": "The server refuses unknown query parameters.";
    UpgradeTransportUnchecked = "upgrade-transport-unchecked": "The server opens a WebSocket for an upgrade request with any `transport`.";
    WebSocketByPlainGet = "websocket-by-plain-get-accepted": "The server opens a polling session for a plain GET with `transport=websocket`.";
    WrongPathServed = "wrong-path-served": "The server serves Engine.IO on every path.";
});

/// The status, the content type and the body of a response that refuses a request.
#[derive(Debug)]
pub(in crate::reference) struct RefusalResponse {
    pub(in crate::reference) status: StatusCode,
    pub(in crate::reference) content_type: &'static str,
    pub(in crate::reference) body: String,
}

impl FaultSet {
    /// Returns the response that refuses a request. Without faults it has the given status, and
    /// `code` and `message` in JSON.
    pub(in crate::reference) fn alter_refusal(
        &self,
        status: StatusCode,
        code: u8,
        message: &str,
    ) -> RefusalResponse {
        if self.has(RequestFault::BodyNotJson) {
            return RefusalResponse {
                status,
                content_type: "text/plain; charset=UTF-8",
                body: message.to_owned(),
            };
        }
        let code = if self.has(RequestFault::CodeWrong) {
            0
        } else {
            code
        };
        let status = if self.has(RequestFault::StatusOk) {
            StatusCode::OK
        } else if self.has(RequestFault::AdmissionIsError) && status == StatusCode::FORBIDDEN {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            status
        };
        RefusalResponse {
            status,
            content_type: "application/json",
            body: format!(r#"{{"code":{code},"message":"{message}"}}"#),
        }
    }

    /// Waits for ever before the response to a refused request if the fault
    /// `refusal-never-answered` is active.
    pub(in crate::reference) async fn hang_on_refusal(&self) {
        if self.has(RequestFault::NeverAnswered) {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for ever before the response to a POST that has ended its session if the fault
    /// `broken-post-never-answered` is active.
    pub(in crate::reference) async fn hang_after_end(&self, session: &Session) {
        if self.has(RequestFault::BrokenPostNeverAnswered) && !session.is_open() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for ever before the response to a POST of bytes if the fault
    /// `octet-stream-never-answered` is active.
    pub(in crate::reference) async fn hang_on_bytes(&self) {
        if self.has(RequestFault::OctetStreamNeverAnswered) {
            std::future::pending::<()>().await;
        }
    }

    /// Returns true if the fault `bad-method-accepted` is active.
    pub(in crate::reference) fn accepts_method(&self) -> bool {
        self.has(RequestFault::BadMethodAccepted)
    }

    /// Returns true if the fault `session-method-ignored` is active.
    pub(in crate::reference) fn takes_for_post(&self) -> bool {
        self.has(RequestFault::SessionMethodIgnored)
    }

    /// Returns the refusal of the application, unless the fault `admission-ignored` is active.
    pub(in crate::reference) fn check_admission(&self, refusal: Refusal) -> Result<(), Refusal> {
        if self.has(RequestFault::AdmissionIgnored) {
            Ok(())
        } else {
            Err(refusal)
        }
    }

    /// Returns the content type and the content of a file below the Engine.IO path. Without faults
    /// there is none.
    pub(in crate::reference) fn serve_file(
        &self,
        below: &str,
    ) -> Option<(&'static str, &'static str)> {
        let climbs = below.contains("..") || below.to_ascii_lowercase().contains("%2e");
        if self.has(RequestFault::BundleEscapes) && climbs {
            return Some(("application/json", r#"{"name":"server","private":true}"#));
        }
        if self.has(RequestFault::BundleNoScript) && below.ends_with(".js") {
            return Some(("text/html", "<p>The client</p>"));
        }
        None
    }

    /// Returns true if the fault `version-mismatch-accepted` is active.
    pub(in crate::reference) fn accepts_version_change(&self) -> bool {
        self.has(RequestFault::VersionMismatchAccepted)
    }

    /// Returns true if a fault answers polls of a session that is on WebSocket.
    pub(in crate::reference) fn accepts_other_transport(&self, session: &Session) -> bool {
        session
            .faults()
            .has(RequestFault::TransportMismatchAccepted)
            || super::upgrade::keeps_polling_open(session)
    }

    /// Returns the name of the requested transport. Without faults this is `name`.
    pub(in crate::reference) fn alter_transport_name<'a>(
        &self,
        name: Option<&'a str>,
    ) -> Option<&'a str> {
        match name {
            None if self.has(RequestFault::MissingTransportAccepted) => Some("polling"),
            Some("polling" | "websocket") | None => name,
            Some(_) if self.has(RequestFault::UnknownTransportAccepted) => Some("polling"),
            Some(_) => name,
        }
    }

    /// Returns true if the query has an unknown parameter and the fault
    /// `unknown-parameters-refused` is active.
    pub(in crate::reference) fn refuses_query(&self, query: &str) -> bool {
        self.has(RequestFault::UnknownParametersRefused)
            && form_urlencoded::parse(query.as_bytes())
                .any(|(name, _)| !matches!(&*name, "EIO" | "transport" | "sid" | "b64"))
    }

    /// Returns the transport of a new session. Without faults this is `named`, the transport in the
    /// query.
    pub(in crate::reference) fn choose_transport(
        &self,
        named: TransportKind,
        asked: AskedProtocol,
    ) -> TransportKind {
        match asked {
            AskedProtocol::Http if self.has(RequestFault::WebSocketByPlainGet) => {
                TransportKind::Polling
            }
            AskedProtocol::WebSocket if self.ignores_transport(asked) => TransportKind::WebSocket,
            AskedProtocol::Http | AskedProtocol::WebSocket => named,
        }
    }

    /// Returns true if the request is an upgrade and the fault `upgrade-transport-unchecked` is
    /// active.
    pub(in crate::reference) fn ignores_transport(&self, asked: AskedProtocol) -> bool {
        asked == AskedProtocol::WebSocket && self.has(RequestFault::UpgradeTransportUnchecked)
    }

    /// Returns true if the fault `disabled-transport-accepted` is active.
    pub(in crate::reference) fn offers_all_transports(&self) -> bool {
        self.has(RequestFault::DisabledTransportAccepted)
    }

    /// Returns the Engine.IO revision as which the server treats a request. Without faults this is the `EIO` of the request.
    pub(in crate::reference) fn alter_revision<'a>(
        &self,
        revision: Option<&'a str>,
    ) -> Option<&'a str> {
        match revision {
            None if self.has(RequestFault::MissingVersionAccepted) => Some("4"),
            Some(_) if self.has(RequestFault::BadVersionAccepted) => Some("4"),
            other => other,
        }
    }

    /// Returns true if the fault `unknown-sid-accepted` is active.
    pub(in crate::reference) fn accepts_unknown_sid(&self) -> bool {
        self.has(RequestFault::UnknownSidAccepted)
    }

    /// Returns true if the fault `wrong-path-served` is active. The health check keeps its path.
    pub(in crate::reference) fn serves_any_path(&self, path: &str) -> bool {
        self.has(RequestFault::WrongPathServed) && path != "/health"
    }
}
