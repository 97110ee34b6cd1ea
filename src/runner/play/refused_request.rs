//! A request that the server refused although the scenario expected success.

use tokio::time::Instant;

/// A request that the server refused although the scenario expected success.
#[derive(Debug)]
pub(in crate::runner) struct RefusedRequest {
    /// The request in words, such as `GET /socket.io/?sid=…` or `visitor's POST`.
    pub(in crate::runner) request: String,
    /// When the refusal arrived.
    pub(in crate::runner) at: Instant,
}
