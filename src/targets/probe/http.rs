//! Probes of the polling endpoint over HTTP.

use super::{
    asking::{DEADLINE, Probe},
    finding::Finding,
};
use crate::{
    client::{Bounds, ConnectFailure, Endpoint, HttpRequest, HttpResponse, request},
    targets::capability::{Capability, Source},
};

/// The capabilities that these probes find.
pub(in crate::targets) const CAPABILITIES: &[Capability] = &[
    Capability {
        name: "cors-closed",
        meaning: "pages from other origins can't read the responses",
        source: Source::Probe("no `Access-Control-Allow-Origin` for another `Origin`"),
        excludes: &["cors-one-origin"],
    },
    Capability {
        name: "cors-any-origin",
        meaning: "pages from any origin can read the responses",
        source: Source::Probe("`Access-Control-Allow-Origin` with `*` or the request's origin"),
        excludes: &["cors-closed", "cors-one-origin"],
    },
    Capability {
        name: "eio-error-json",
        meaning: "an invalid polling request is answered with 400 and `{code, message}`",
        source: Source::Probe("the response to an unknown transport"),
        excludes: &[],
    },
];

/// The probes of the polling endpoint.
pub(super) const PROBES: &[Probe] = &[
    |asked| Box::pin(cors(asked.door.endpoint)),
    |asked| Box::pin(error_json(asked.door.endpoint)),
];

/// An origin that is in no server's list of allowed origins.
const FOREIGN_ORIGIN: &str = "http://origin-of-a-probe.example";

async fn cors(endpoint: &Endpoint) -> Finding {
    const HEADER: &str = "access-control-allow-origin";
    let response = match get(endpoint, "EIO=4&transport=polling").await {
        Ok(response) => response,
        Err(failure) => return Finding::no("cors-any-origin", failure.to_string()),
    };
    match response.header(HEADER) {
        None => Finding::yes(
            "cors-closed",
            format!(
                "the response to another origin (status {}) has no {HEADER}",
                response.status
            ),
        ),
        Some(origin) => {
            let seen = format!("the response to another origin has {HEADER}: {origin}");
            if matches!(origin, "*" | FOREIGN_ORIGIN) {
                Finding::yes("cors-any-origin", seen)
            } else if origin.contains('*') || origin.contains(FOREIGN_ORIGIN) {
                // The server seems to allow other origins, but browsers accept neither a list of origins nor a pattern
                // such as `*.example` in `Access-Control-Allow-Origin`.
                Finding::broken("cors-any-origin", seen)
            } else {
                Finding::no("cors-any-origin", seen)
            }
        }
    }
}

async fn error_json(endpoint: &Endpoint) -> Finding {
    const NAME: &str = "eio-error-json";
    match unknown_transport(endpoint).await {
        Ok(response) => {
            let body = serde_json::from_slice::<serde_json::Value>(&response.body);
            let has_code_and_message = body.is_ok_and(|body| {
                body.get("code").is_some_and(serde_json::Value::is_u64)
                    && body
                        .get("message")
                        .is_some_and(serde_json::Value::is_string)
            });
            let seen = format!("an unknown transport gets status {}", response.status);
            if response.status == 400 && has_code_and_message {
                Finding::yes(NAME, format!("{seen} with code and message"))
            } else {
                Finding::no(NAME, format!("{seen} without code and message"))
            }
        }
        Err(failure) => Finding::no(NAME, failure.to_string()),
    }
}

/// Sends a handshake over a transport that no server has.
pub(super) async fn unknown_transport(endpoint: &Endpoint) -> Result<HttpResponse, ConnectFailure> {
    get(endpoint, "EIO=4&transport=telepathy").await
}

/// Sends a GET request to the Engine.IO endpoint, as a browser would from a page of another origin.
async fn get(endpoint: &Endpoint, query: &str) -> Result<HttpResponse, ConnectFailure> {
    let asked = HttpRequest {
        method: "GET".to_owned(),
        target: format!("{}?{query}", endpoint.path),
        headers: vec![("Origin".to_owned(), FOREIGN_ORIGIN.to_owned())],
        body: None,
    };
    request(endpoint, asked, DEADLINE, Bounds::default()).await
}
