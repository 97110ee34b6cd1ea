//! HTTP responses as steps observe them.

use crate::scenario::Matcher;

/// What an HTTP response must look like.
#[derive(Clone, Debug, Default)]
pub struct HttpPattern {
    /// `status:`.
    pub status: Option<Matcher>,
    /// `response-headers:`; `<absent>` for a header that must not be there.
    pub headers: Vec<(String, Matcher)>,
    /// `response:` the body as text.
    pub body: Option<Matcher>,
    /// `json:` the body as JSON.
    pub json: Option<Matcher>,
    /// `no-response: true`: the connection ends without a response.
    pub no_response: bool,
}

impl HttpPattern {
    /// Whether it asks for nothing at all.
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
