//! Names the illegal data from which another failure follows: sockspec ended a connection because of the data, or a
//! wait passed in vain.

use crate::{
    client::{EndedHow, Illegal, Layer, What},
    runner::{
        clients::Client,
        findings::{
            Detail, Finding, evidence,
            failure_kind::FailureKind,
            illegal_data::{illegal_cause, wrong_at_step},
        },
        play::attempt::Attempt,
    },
};

/// Replaces a finding by the finding about the server's illegal data in two cases: a connection has ended, because
/// sockspec itself ended the connection on account of this data; or a wait has failed, and the data came on a
/// connection that a step opened with `open`. Returns any other finding unchanged.
///
/// For other connections, the check of the invariants does the latter.
pub(in crate::runner) fn name_illegal_data(attempt: &Attempt<'_>, finding: Finding) -> Finding {
    let ended = (finding.kind == FailureKind::ConnectionEnded)
        .then(|| attempt.clients().find_map(|client| illegal_data(client)))
        .flatten();
    let cause = ended.or_else(|| {
        let illegal = attempt.clients().find_map(|client| unread_data(client))?;
        finding.can_follow_from(&illegal).then(|| Finding {
            detail: Detail {
                expected: finding.detail.expected.clone(),
                ..illegal.detail
            },
            ..illegal
        })
    });
    let Some(cause) = cause else {
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

/// Returns the finding about the first illegal packet on a connection of `client` that a step opened with `open`;
/// `None` if there is no such packet.
fn unread_data(client: &Client) -> Option<Finding> {
    let links = client.links();
    let mut opened = links.iter().filter(|link| link.layer != Layer::SocketIo);
    opened.find_map(|link| {
        let entries = link.connection.journal().entries();
        entries.iter().find_map(|entry| match &entry.what {
            What::Illegal { illegal, raw } => match illegal {
                Illegal::EngineIo(_) | Illegal::SocketIo(_) => {
                    Some(wrong_at_step(client, illegal, raw))
                }
                Illegal::WebSocket(_) => None,
            },
            _ => None,
        })
    })
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
