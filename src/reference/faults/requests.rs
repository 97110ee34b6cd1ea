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
    AdmissionIgnored = "admission-ignored": "When the application refuses an Engine.IO handshake, the server opens a session nevertheless.";
    AdmissionGeneric = "admission-refusal-generic": "When the application refuses an Engine.IO handshake, the response does not hold the application's message.";
    AdmissionReadsRaw = "admission-reads-raw-query": "The application looks for the text `visitor=intruder` in the query of a handshake as it was sent, where it has to decode the query and compare the whole parameter.", seen "`request.url.includes(…)` in `allowRequest`";
    AdmissionIsError = "admission-refusal-is-error": "When the application refuses an Engine.IO handshake, the server answers with the status 500, not 403.";
    BadMethodAccepted = "bad-method-accepted": "The server opens a session for a request with any HTTP method, not only GET.";
    BadVersionAccepted = "bad-version-accepted": "The server treats any protocol revision (`EIO`) in a request as 4.";
    BodyNotJson = "error-body-not-json": "When the server refuses a request, it sends the reason as plain text, not as JSON.";
    BundleEscapes = "bundle-path-escapes": "When a path below the Engine.IO path contains `..`, the server sends files from outside the folder of its client script.";
    BundleNoScript = "bundle-is-no-script": "The server serves its client script with the Content-Type text/html.";
    CodeWrong = "error-code-wrong": "When the server refuses a request, it sends the error code 0, whatever the reason is.";
    DisabledTransportAccepted = "disabled-transport-accepted": "The server serves requests for a transport that its settings switch off.";
    NeverAnswered = "refusal-never-answered": "The server neither answers a request that it refuses nor closes the connection.";
    BrokenPostNeverAnswered = "broken-post-never-answered": "When an invalid POST ends its session, the server does not answer the POST.";
    OctetStreamNeverAnswered = "octet-stream-never-answered": "The server neither answers a POST with a binary body nor closes the connection.", seen "engine.io 6.6.6";
    NoopNeverAnswered = "noop-never-answered": "The server neither answers a POST with a noop packet nor closes the connection.", seen "python-engineio 4.15.1";
    MissingTransportAccepted = "missing-transport-accepted": "The server treats a request without the query parameter `transport` as a polling request.", seen "python-engineio 4.15.1";
    MissingVersionAccepted = "missing-version-accepted": "The server treats a request without the query parameter `EIO` as one of revision 4.";
    SessionMethodIgnored = "session-method-ignored": "In a session, the server treats requests with any HTTP method other than GET as POST requests.";
    StatusOk = "error-status-200": "When the server refuses a request, it answers with the status 200.";
    TransportMismatchAccepted = "transport-mismatch-accepted": "The server answers polls of a session that is on WebSocket, where it has to refuse them.";
    UnknownSidAccepted = "unknown-sid-accepted": "When a request has an unknown session id, the server opens a new session, where it has to refuse the request.";
    UnknownTransportAccepted = "unknown-transport-accepted": "The server treats a request with an unknown `transport` as a polling request.";
    VersionMismatchAccepted = "version-mismatch-accepted": "The server accepts requests of a session whose `EIO` differs from the revision with which the session was opened.";
    UnknownParametersRefused = "unknown-parameters-refused": "The server refuses requests whose query has a parameter that it does not know.";
    UpgradeTransportUnchecked = "upgrade-transport-unchecked": "The server opens a WebSocket for a WebSocket handshake whatever `transport` its query names.";
    WebSocketByPlainGet = "websocket-by-plain-get-accepted": "When a plain GET, which is no WebSocket handshake, has `transport=websocket`, the server opens a polling session.";
    HealthPathPrefix = "health-path-prefix-served": "The server answers every path that begins with `/health` as its health check.";
    WrongPathServed = "wrong-path-served": "The server answers Engine.IO requests on every path, not only on the configured path.";
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
        let message = match message {
            "No intruders" if self.has(RequestFault::AdmissionGeneric) => "Forbidden",
            message => message,
        };
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

    /// Waits for ever before the response to a POST of this body if the fault `noop-never-answered` is active and the body
    /// starts with a noop packet.
    pub(in crate::reference) async fn hang_on_noop(&self, body: &[u8]) {
        if self.has(RequestFault::NoopNeverAnswered) && body.starts_with(b"6") {
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

    /// Returns true if the application takes the client of a handshake for an intruder. Without
    /// faults it does if the decoded parameter `visitor` is `intruder`; the fault
    /// `admission-reads-raw-query` looks for a text in the query as it was sent.
    pub(in crate::reference) fn finds_intruder(&self, query: &str, visitor: Option<&str>) -> bool {
        if self.has(RequestFault::AdmissionReadsRaw) {
            return query.contains("visitor=intruder");
        }
        visitor == Some("intruder")
    }

    /// Returns true if the path is that of the health check. Without faults this is `/health` only.
    pub(in crate::reference) fn is_health_path(&self, path: &str) -> bool {
        path == "/health"
            || (self.has(RequestFault::HealthPathPrefix) && path.starts_with("/health"))
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

    /// Returns the name of the requested transport. Without faults this is `name`, the `transport`
    /// of the query.
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

    /// Returns the Engine.IO revision as which the server treats a request. Without faults this is
    /// the `EIO` of the request.
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
