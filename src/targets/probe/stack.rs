//! Recognizes the stack of a server by what only this stack does.

use super::http::unknown_transport;
use crate::{client::Endpoint, targets::Stack};

/// The stack of socket.io on Node, also inside frameworks such as NestJS.
const NODE: &str = "socket.io-4";

/// The body with which socket.io 3 and 4 answer a request with an unknown transport.
const UNKNOWN_TRANSPORT: &[u8] = br#"{"code":0,"message":"Transport unknown"}"#;

/// Returns the stack of the server at `endpoint`; `None` if the server shows no sign of a stack that sockspec knows.
///
/// Other servers have copied the body of socket.io. The header `Keep-Alive: timeout=…` comes from Node itself.
pub(super) async fn recognize(endpoint: &Endpoint) -> Option<Stack> {
    let response = unknown_transport(endpoint).await.ok()?;
    let keeps_alive = response.header("keep-alive")?.starts_with("timeout=");
    let is_node = response.status == 400 && keeps_alive && response.body == UNKNOWN_TRANSPORT;
    is_node.then(|| Stack::from_name(NODE)).flatten()
}
