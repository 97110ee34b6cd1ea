//! `refused`: one report of a refusal, to the caller only, in whatever way the target reports.
//!
//! The target's dialect recognises reports and normalises them to `{code, message, status, field}`.

use std::{sync::Arc, time::Duration};

use super::{
    super::wait::{Waited, wait_in},
    connect::Admission,
    links::any_link,
};
use crate::{
    client::{ConnectFailure, What},
    clock,
    data::Data,
    runner::{
        attempt::Attempt,
        cast::{Client, Link},
        claim::{Never, Silence},
        evidence, expectation,
        finding::{Finding, Stepped},
        refusal_reports::in_event,
        silence,
    },
    scenario::{Matcher, Step},
    wire::socket_io::{AckId, Packet},
};

/// What was refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'q> {
    /// An event with an ack id.
    Call {
        /// Its namespace.
        namespace: &'q str,
        /// Its id.
        id: AckId,
        /// The first entry after it was sent.
        from: usize,
    },
    /// An event without one.
    Emit {
        /// Its namespace.
        namespace: &'q str,
    },
}

/// Awaits the one report of a refused call or emit and claims that there is no other.
pub(super) async fn report(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Arc<Client>,
    link: &Arc<Link>,
    expected: &Matcher,
    question: Question<'_>,
) -> Stepped {
    let deadline = attempt.deadline(step)?;
    let manifest = &attempt.target.manifest;
    let from = match question {
        Question::Call { from, .. } => from,
        Question::Emit { .. } => 0,
    };
    // A report elsewhere is none to this question; that it came at all breaks the claim below.
    let (Question::Call {
        namespace: home, ..
    }
    | Question::Emit { namespace: home }) = question;
    let name = &client.spec.name;
    let waited = wait_in(link.connection.journal(), from, deadline, |index, entry| {
        if link.state().claimed.contains(&index) {
            return None;
        }
        if let Some(report) = in_event(manifest, entry)
            && matches!(&entry.what, What::Socket(packet) if packet.namespace() == home)
        {
            return Some((index, Ok(report)));
        }
        match (&entry.what, question) {
            (
                What::Socket(Packet::Ack {
                    namespace,
                    id,
                    args,
                }),
                Question::Call {
                    namespace: asked,
                    id: own,
                    ..
                },
            ) if namespace == asked && *id == own => Some((
                index,
                manifest
                    .dialect
                    .refusal_in_ack(args)
                    .ok_or_else(|| args.clone()),
            )),
            _ => None,
        }
    })
    .await;
    let want = || expected.describe(&attempt.scope());
    let (index, report) = match waited {
        Waited::Found((index, Ok(report))) => (index, report),
        Waited::Found((_, Err(args))) => {
            return Err(Finding::new(format!(
                "{name}'s request is acknowledged where it should be refused."
            ))
            .expected(format!("a refusal {}", want()))
            .received(format!("an acknowledgement {}", Data::Array(args)))
            .breach());
        }
        Waited::Ended(ended) => {
            return Err(Finding::new(format!(
                "{name}'s connection ended before the refusal was reported."
            ))
            .expected(format!("a refusal {}", want()))
            .received(evidence::describe_end(&ended))
            .breach());
        }
        Waited::TimedOut => {
            return Err(
                Finding::new(format!("No refusal was reported to {name} in time."))
                    .expected(format!("a refusal {}", want()))
                    .received(evidence::came_since(link, from))
                    .breach(),
            );
        }
    };
    link.state().claimed.insert(index);
    if let Err(mismatch) = expectation::check(attempt, expected, Some(&report))? {
        return Err(Finding::new(format!(
            "{name}'s request is refused, but not in the way it should be."
        ))
        .mismatch(&mismatch)
        .breach());
    }
    let claims = attempt
        .cast
        .all()
        .iter()
        .filter(|other| other.link().is_some())
        .map(|other| Silence {
            client: Arc::clone(other),
            never: Never::Refusal,
            span: step.span,
            level: step.level,
        });
    let mut claims: Vec<_> = claims.collect();
    if let Question::Call {
        namespace,
        id,
        from,
    } = question
    {
        let allowed = usize::from(acked(link, namespace, id, from, index));
        claims.push(Silence {
            client: Arc::clone(client),
            never: Never::Ack {
                link: Arc::clone(link),
                namespace: namespace.to_owned(),
                id,
                allowed,
            },
            span: step.span,
            level: step.level,
        });
    }
    silence::claim(attempt, claims).await
}

/// Whether the report at `index` was the ack itself.
fn acked(link: &Link, namespace: &str, id: AckId, from: usize, index: usize) -> bool {
    let entries = link.connection.journal().entries();
    index >= from
        && entries.get(index).is_some_and(|entry| match &entry.what {
            What::Socket(Packet::Ack {
                namespace: answered,
                id: found,
                ..
            }) => answered == namespace && *found == id,
            _ => false,
        })
}

/// Holds an admission against an expected refusal: a CONNECT_ERROR, an HTTP refusal, or CONNECT followed by a report and DISCONNECT.
pub(super) async fn at_connect(
    attempt: &Attempt<'_>,
    client: &Client,
    expected: &Matcher,
    admission: &Admission,
    limit: Duration,
) -> Stepped<Stepped> {
    let name = &client.spec.name;
    let report = match admission {
        Admission::Refused(payload) => normalise_connect_error(payload),
        Admission::RefusedHandshake(
            ConnectFailure::Refused { response } | ConnectFailure::Handshake { response, .. },
        ) => {
            let body = std::str::from_utf8(&response.body).unwrap_or_default();
            let json = serde_json::from_str::<serde_json::Value>(body)
                .map(Data::from)
                .unwrap_or_else(|_| Data::from(body));
            let message = json.get("message").cloned().unwrap_or_else(|| json.clone());
            let code = json.get("code").cloned().unwrap_or_default();
            Data::object([
                ("status", Data::from(u64::from(response.status))),
                ("message", message),
                ("code", code),
            ])
        }
        Admission::RefusedHandshake(failure) => {
            return Ok(Err(
                super::connect::handshake_finding(name, failure).breach()
            ));
        }
        Admission::Joined(_) => match late_refusal(attempt, client, limit).await? {
            Ok(report) => report,
            Err(finding) => {
                let want = expected.describe(&attempt.scope());
                return Ok(Err(finding.expected(format!("a refusal {want}")).breach()));
            }
        },
    };
    let checked = expectation::check(attempt, expected, Some(&report))?;
    Ok(checked.map_err(|mismatch| {
        Finding::new(format!(
            "{name} is refused, but not in the way it should be."
        ))
        .mismatch(&mismatch)
        .breach()
    }))
}

fn normalise_connect_error(payload: &Data) -> Data {
    let data = payload.get("data");
    let field = |key: &str| data.and_then(|data| data.get(key)).cloned();
    let message = match payload {
        Data::String(text) => Data::from(text.as_str()),
        other => other.get("message").cloned().unwrap_or_default(),
    };
    let mut fields = vec![("message", message)];
    for key in ["code", "status", "field"] {
        if let Some(value) = field(key) {
            fields.push((key, value));
        }
    }
    if let Some(data) = data {
        fields.push(("data", data.clone()));
    }
    Data::object(fields)
}

/// A refusal after the CONNECT reply: one report, then DISCONNECT or the connection's end.
async fn late_refusal(
    attempt: &Attempt<'_>,
    client: &Client,
    limit: Duration,
) -> Stepped<Result<Data, Finding>> {
    let name = &client.spec.name;
    let link = any_link(client)?;
    let namespace = client.state().namespace.clone();
    let manifest = &attempt.target.manifest;
    let mut report = None;
    let mut claim = None;
    let waited = wait_in(
        link.connection.journal(),
        0,
        clock::now() + limit,
        |index, entry| {
            if let Some(found) = in_event(manifest, entry) {
                report.get_or_insert(found);
                claim.get_or_insert(index);
            }
            match &entry.what {
                What::Socket(Packet::Disconnect { namespace: left }) if *left == namespace => {
                    Some(())
                }
                _ => None,
            }
        },
    )
    .await;
    if let Some(index) = claim {
        link.state().claimed.insert(index);
    }
    Ok(match (waited, report) {
        (Waited::Found(()) | Waited::Ended(_), Some(report)) => Ok(report),
        (Waited::Found(()) | Waited::Ended(_), None) => Err(Finding::new(format!(
            "{name} is let in and cut off without a report."
        ))
        .received(evidence::came_since(&link, 0))),
        (Waited::TimedOut, _) => Err(Finding::new(format!(
            "{name} is let in where it should be refused."
        ))
        .received(evidence::came_since(&link, 0))),
    })
}
