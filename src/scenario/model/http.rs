//! HTTP responses that steps expect.

use crate::scenario::Matcher;

/// An expectation of an HTTP response.
#[derive(Clone, Debug, Default)]
pub struct HttpPattern {
    /// The expected status (`status:`).
    pub status: Option<Matcher>,
    /// The expected headers (`response-headers:`). The value `<absent>` requires that the header is missing.
    pub headers: Vec<(String, Matcher)>,
    /// The expected body as text (`response:`).
    pub body: Option<Matcher>,
    /// The expected body as JSON (`json:`).
    pub json: Option<Matcher>,
    /// True if the connection has to end without a response (`no-response: true`).
    pub no_response: bool,
}

impl HttpPattern {
    /// Returns true if the step states no expectation, so that every response is accepted.
    pub fn is_empty(&self) -> bool {
        let Self {
            status,
            headers,
            body,
            json,
            no_response,
        } = self;
        status.is_none() && headers.is_empty() && body.is_none() && json.is_none() && !no_response
    }
}
