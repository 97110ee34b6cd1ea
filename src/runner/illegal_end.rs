//! Names the illegal data because of which sockspec ended a connection.

use super::{
    attempt::Attempt,
    clients::Client,
    evidence,
    failure_kind::FailureKind,
    finding::{Detail, Finding},
};
use crate::client::{EndedHow, Illegal, What};

/// Replaces a finding that a connection has ended by the finding about the server's illegal data, if sockspec itself
/// ended the connection because of this data. Returns any other finding unchanged.
pub(super) fn name_illegal_data(attempt: &Attempt<'_>, finding: Finding) -> Finding {
    if finding.kind != FailureKind::ConnectionEnded {
        return finding;
    }
    let Some(cause) = attempt.clients().find_map(|client| illegal_data(client)) else {
        return finding;
    };
    Finding {
        level: finding.level,
        detail: Detail {
            span: finding.detail.span,
            ..cause.detail
        },
        ..cause
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

/// Returns the finding about the last illegal data on a connection of `client` that sockspec has ended itself; `None`
/// if there is no such connection.
fn illegal_data(client: &Client) -> Option<Finding> {
    let name = &client.spec.name;
    client.links().iter().find_map(|link| {
        let entries = link.connection.journal().entries();
        let What::Ended(ended) = &entries.last()?.what else {
            return None;
        };
        if ended.how != EndedHow::GivenUp {
            return None;
        }
        entries.iter().rev().find_map(|entry| match &entry.what {
            What::Illegal { illegal, raw } => {
                let layer = illegal.layer();
                let sentence = format!("{name} received data that {layer} forbids: {illegal}.");
                let finding = Finding::new(FailureKind::from(illegal), sentence)
                    .expected("an open connection")
                    .received(format!(
                        "{}; {}",
                        match raw.is_empty() {
                            true => "nothing".to_owned(),
                            false => evidence::readable(raw),
                        },
                        evidence::describe_end(ended)
                    ))
                    .cause(illegal_cause(illegal, raw));
                Some(finding)
            }
            _ => None,
        })
    })
}
