//! Single HTTP requests.

use std::time::Duration;

use bytes::Bytes;

use super::{Bounds, Endpoint, HttpFailure};

/// A request; `Host` and `Content-Length` are added where they are missing, nothing else.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Bytes>,
}

/// A response, read to its end or to the bounds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body, content codings removed.
    pub body: Bytes,
}

impl HttpResponse {
    /// The first value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Sends one request on a connection of its own and reads the response. Redirects are not followed.
///
/// # Errors
///
/// What was awaited and what came instead.
pub async fn request(
    endpoint: &Endpoint,
    request: HttpRequest,
    deadline: Duration,
    bounds: Bounds,
) -> Result<HttpResponse, HttpFailure> {
    let _ = (endpoint, request, deadline, bounds);
    todo!()
}
