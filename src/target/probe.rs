//! What a server is, found out by asking it.

use std::collections::BTreeSet;

use crate::{client::Endpoint, wire::engine_io::Handshake};

/// What a probe found.
#[derive(Clone, Debug)]
pub struct Probed {
    /// Capabilities that were seen at work.
    pub provides: BTreeSet<String>,
    /// The open packet.
    pub handshake: Handshake,
    /// What was tried and what was seen, a line each: for `sockspec probe`.
    pub findings: Vec<(String, String)>,
}

/// Why a probe found no server.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProbeError {}

/// Asks a server what it can do.
///
/// # Errors
///
/// Nothing that speaks Engine.IO answers.
pub async fn probe(endpoint: &Endpoint) -> Result<Probed, ProbeError> {
    let _ = endpoint;
    todo!()
}
