//! Steps in the words of HTTP.

use super::Accepted;
use crate::scenario::{Matcher, Template};

/// `http: GET /path`.
#[derive(Clone, Debug)]
pub struct Http {
    /// The method.
    pub method: String,
    /// Path and query; `$path` is the Engine.IO path.
    pub target: Template,
    /// `query:` added to the target.
    pub query: Vec<(String, Template)>,
    /// `headers:`.
    pub headers: Vec<(String, Template)>,
    /// `body:` text, `{$bytes: hex}`, or a value sent as JSON.
    pub body: Option<Template>,
    /// What the response must be.
    pub response: Accepted<HttpPattern>,
}

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
