//! Findings about data that a protocol forbids.

use super::{clients::Client, evidence, failure_kind::FailureKind, finding::Finding};
use crate::{client::Illegal, scenario::Invariant};

/// Returns the finding about data that a protocol forbids.
pub(super) fn ill_formed(client: &Client, illegal: &Illegal, raw: &[u8]) -> Finding {
    let name = &client.spec.name;
    Finding::new(
        FailureKind::from(illegal),
        format!(
            "{name} received data that {} forbids: {illegal}.",
            illegal.layer()
        ),
    )
    .received(evidence::readable(raw))
    .invariant(Invariant::WellFormed)
    .cause(illegal_cause(illegal, raw))
}

/// Returns the finding about data that a protocol forbids, for a step that checks what arrives on a connection that it
/// or an earlier step opened. The data then breaks no invariant.
pub(super) fn wrong_at_step(client: &Client, illegal: &Illegal, raw: &[u8]) -> Finding {
    Finding {
        invariant: None,
        ..ill_formed(client, illegal, raw)
    }
}

/// Returns the cause of a failure by illegal data.
pub(super) fn illegal_cause(illegal: &Illegal, raw: &[u8]) -> String {
    format!(
        "The server sends data that {} forbids: {illegal} (it begins with `{}`).",
        illegal.layer(),
        evidence::beginning(raw),
    )
}
