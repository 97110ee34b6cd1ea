//! The requests of `http` steps.

use tokio::time::Instant;

use crate::client::HttpResponse;

/// A request of an `http` step, and its response.
#[derive(Debug)]
pub(in crate::runner) struct Exchange {
    /// The time of the request.
    pub(in crate::runner) asked_at: Instant,
    /// The request as text.
    pub(in crate::runner) request: String,
    /// The response, or why there was none.
    pub(in crate::runner) response: Result<HttpResponse, String>,
}
