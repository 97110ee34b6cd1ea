//! `closed`: the server ends a connection or disconnects a client from a namespace, or does neither.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::links::any_link;
use crate::{
    client::{Ended, EndedHow, What},
    clock,
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{Finding, StepResult, Stop, evidence, failure_kind::FailureKind},
        play::attempt::Attempt,
        silence::{
            claim::Watch,
            fence::{self, Proof},
        },
        waiting::{Waited, late::extended_deadline, lawful_wait::wait_lawfully, wait_in},
    },
    scenario::{Accepted, CloseHow, Closed, Step},
    text::{excerpt, humanize},
    wire::socket_io::Packet,
};

pub(super) async fn perform(
    attempt: &Attempt<'_>,
    step: &Step,
    closed: &Accepted<Closed>,
) -> StepResult {
    let actors = attempt.actors(step);
    let waits = actors
        .iter()
        .map(|client| one(attempt, step, closed, client));
    futures_util::future::try_join_all(waits).await.map(|_| ())
}

async fn one(
    attempt: &Attempt<'_>,
    step: &Step,
    accepted: &Accepted<Closed>,
    client: &Arc<Client>,
) -> StepResult {
    let (closed, lenient) = (&accepted.strict, accepted.lenient.as_ref());
    let link = any_link(client)?;
    let limit = limit(attempt, step, &link)?;
    if let Some(namespace) = &closed.namespace {
        let namespace = attempt.namespace(namespace)?;
        return leaves_namespace(attempt, client, &link, &namespace, limit).await;
    }
    if closed.stays_open {
        let watch = attempt.watch(step)?;
        // A `within` of the step is the time for which the connection has to stay open. So it can't be the timeout of
        // the round trips; they have the usual timeout.
        let limit = match watch {
            Some(_) => attempt.usual_limit(),
            None => limit,
        };
        return stays_open(attempt, client, &link, limit, watch).await;
    }
    let mut waited = await_end(&link, clock::now() + limit).await;
    if matches!(waited, Waited::TimedOut)
        && let Some(deadline) = extended_deadline(attempt, step, &link).await
    {
        waited = await_end(&link, deadline).await;
    }
    let Waited::Found(ended) = waited else {
        let finding = Finding::new(
            FailureKind::ConnectionStayedOpen,
            format!(
                "{}'s connection was still open after {}; the server has to end it.",
                client.spec.name,
                describe_limit(attempt, step, &link, limit)
            ),
        )
        .expected(describe(attempt, closed))
        .received("an open connection");
        if lenient.is_some_and(|lenient| lenient.stays_open) {
            stays_open(attempt, client, &link, limit, None).await?;
            attempt.warn(finding);
            return Ok(());
        }
        return Err(finding.breach());
    };
    match ends_as(attempt, client, closed, &ended)? {
        Ok(()) => Ok(()),
        Err(finding) => match lenient {
            Some(lenient)
                if !lenient.stays_open && ends_as(attempt, client, lenient, &ended)?.is_ok() =>
            {
                attempt.warn(finding);
                Ok(())
            }
            _ => Err(finding.breach()),
        },
    }
}

/// Waits for the end of a connection, and records that the scenario expects it.
async fn await_end(link: &Link, deadline: Instant) -> Waited<Ended> {
    let journal = link.connection.journal();
    let waited = wait_in(journal, 0, deadline, |index, entry| match &entry.what {
        What::Ended(ended) => Some((index, ended.clone())),
        _ => None,
    })
    .await;
    match waited {
        Waited::Found((index, ended)) => {
            let mut state = link.state();
            state.requests.expect_end();
            state.received.note(index);
            Waited::Found(ended)
        }
        Waited::Ended(ended) => Waited::Ended(ended),
        Waited::TimedOut => Waited::TimedOut,
    }
}

/// Returns how long to wait for the end of a connection: the step's `within`, or else at most nine tenths of the time
/// after which a missed heartbeat ends the connection.
///
/// After that time the heartbeat would end the connection in any case, so the step could not fail.
fn limit(attempt: &Attempt<'_>, step: &Step, link: &Link) -> StepResult<Duration> {
    let limit = attempt.limit(step)?;
    if step.within.is_some() {
        return Ok(limit);
    }
    Ok(heartbeat_limit(link).map_or(limit, |heartbeat| limit.min(heartbeat)))
}

/// Returns nine tenths of the time after which a missed heartbeat ends the connection; `None` if the server announced
/// no heartbeat.
fn heartbeat_limit(link: &Link) -> Option<Duration> {
    let handshake = link.connection.handshake()?;
    Some((handshake.ping_interval + handshake.ping_timeout) * 9 / 10)
}

/// Returns the length of the wait as text, and what it was computed from.
fn describe_limit(attempt: &Attempt<'_>, step: &Step, link: &Link, limit: Duration) -> String {
    let text = attempt.describe_limit(step, limit);
    match (&step.within, link.connection.handshake()) {
        (None, Some(handshake)) if heartbeat_limit(link) == Some(limit) => format!(
            "{text} (90 % of the server's pingInterval {} ms and pingTimeout {} ms, because a missed heartbeat may end it \
             later)",
            handshake.ping_interval.as_millis(),
            handshake.ping_timeout.as_millis(),
        ),
        _ => text,
    }
}

fn ends_as(
    attempt: &Attempt<'_>,
    client: &Client,
    closed: &Closed,
    ended: &Ended,
) -> StepResult<Result<(), Finding>> {
    let name = &client.spec.name;
    let finding = |kind: FailureKind, sentence: String| {
        Finding::new(kind, sentence)
            .expected(describe(attempt, closed))
            .received(evidence::describe_end(ended))
    };
    if !closed.how.is_empty() && !closed.how.iter().any(|how| same(*how, ended.how)) {
        return Ok(Err(finding(
            FailureKind::WrongClose,
            format!(
                "{name}'s connection ended with {}; it has to end with {}.",
                evidence::how(ended.how),
                ways(&closed.how)
            ),
        )));
    }
    if let Some(expected) = &closed.code {
        let code = ended.code.map(|code| Data::from(u64::from(code.0)));
        if expected.check(code.as_ref(), &attempt.scope())?.is_err() {
            let code = ended.code.map_or_else(
                || "without a code".to_owned(),
                |code| format!("with the code {}", code.0),
            );
            let expected = excerpt(&expected.describe(&attempt.scope()));
            let sentence =
                format!("The server closed {name}'s connection {code}; expected {expected}.");
            return Ok(Err(finding(FailureKind::WrongClose, sentence)));
        }
    }
    if let Some(expected) = &closed.reason {
        let reason = Data::from(ended.reason.as_str());
        if expected.check(Some(&reason), &attempt.scope())?.is_err() {
            return Ok(Err(finding(
                FailureKind::WrongClose,
                format!(
                    "The server closed {name}'s connection with the reason {}; expected {}.",
                    excerpt(&reason.to_string()),
                    excerpt(&expected.describe(&attempt.scope()))
                ),
            )));
        }
    }
    if closed.hangs_up && ended.kept_open {
        return Ok(Err(finding(
            FailureKind::ConnectionStayedOpen,
            format!(
                "The server kept {name}'s stream open after the closing handshake; it has to end the stream."
            ),
        )));
    }
    Ok(Ok(()))
}

fn same(expected: CloseHow, ended: EndedHow) -> bool {
    matches!(
        (expected, ended),
        (CloseHow::CloseFrame, EndedHow::CloseFrame)
            | (CloseHow::ClosePacket, EndedHow::ClosePacket)
            | (CloseHow::Eof, EndedHow::Eof)
            | (CloseHow::HttpError, EndedHow::HttpError)
            | (CloseHow::Reset, EndedHow::Reset)
    )
}

fn describe(attempt: &Attempt<'_>, closed: &Closed) -> String {
    let scope = attempt.scope();
    let mut parts = vec!["the connection ends".to_owned()];
    if !closed.how.is_empty() {
        parts.push(format!("with {}", ways(&closed.how)));
    }
    if let Some(code) = &closed.code {
        parts.push(format!("and code {}", code.describe(&scope)));
    }
    if let Some(reason) = &closed.reason {
        parts.push(format!("and reason {}", reason.describe(&scope)));
    }
    if closed.hangs_up {
        parts.push("and the server ends the stream".to_owned());
    }
    parts.join(" ")
}

/// Returns in words the ways in which a connection may end, joined by "or".
fn ways(ways: &[CloseHow]) -> String {
    let ways: Vec<_> = ways
        .iter()
        .map(|how| {
            evidence::how(match how {
                CloseHow::CloseFrame => EndedHow::CloseFrame,
                CloseHow::ClosePacket => EndedHow::ClosePacket,
                CloseHow::Eof => EndedHow::Eof,
                CloseHow::HttpError => EndedHow::HttpError,
                CloseHow::Reset => EndedHow::Reset,
            })
        })
        .collect();
    ways.join(" or ")
}

async fn leaves_namespace(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    namespace: &str,
    limit: Duration,
) -> StepResult {
    let from = last_join(link, namespace);
    let waited = wait_lawfully(
        attempt,
        (client, link),
        from,
        clock::now() + limit,
        |index, entry| match &entry.what {
            What::Socket(Packet::Disconnect { namespace: left }) if left == namespace => {
                Some(index)
            }
            _ => None,
        },
    )
    .await?;
    let name = &client.spec.name;
    let (sentence, received) = match waited {
        Waited::Found(index) => {
            let mut state = link.state();
            state.received.note(index);
            state.joined.remove(namespace);
            state.requests.expect_end();
            return Ok(());
        }
        Waited::Ended(ended) => (
            format!("{name}'s connection ended before the server sent DISCONNECT for {namespace}."),
            evidence::describe_end(&ended),
        ),
        Waited::TimedOut => (
            format!(
                "The server did not send {name} a DISCONNECT for {namespace} within {}.",
                humanize::limit(limit)
            ),
            evidence::came_since(link, from),
        ),
    };
    Err(Finding::new(FailureKind::NotDisconnected, sentence)
        .gist(format!("The server did not send {name} a DISCONNECT."))
        .expected(format!("DISCONNECT for {namespace}"))
        .missed_by(name)
        .received(received)
        .breach())
}

/// Returns the index of the last CONNECT reply in the namespace. A DISCONNECT before it ended an earlier socket of the
/// client.
fn last_join(link: &Link, namespace: &str) -> usize {
    let entries = link.connection.journal().entries();
    let last = entries.iter().rposition(|entry| {
        matches!(&entry.what, What::Socket(Packet::Connect { namespace: joined, .. }) if joined == namespace)
    });
    last.unwrap_or_default()
}

/// Checks that the connection stays open: a round trip, the settle time, another round trip.
///
/// With `watch`, the second round trip comes after the watched time. The step itself waits for this time, because a
/// later step may end the connection on purpose.
async fn stays_open(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    limit: Duration,
    watch: Option<Watch>,
) -> StepResult {
    let settle = attempt.scenario.settle.unwrap_or(attempt.target.settle);
    for pause in [Duration::ZERO, settle] {
        let paused = clock::now() + pause;
        let until = match watch {
            Some(watch) if !pause.is_zero() => paused.max(watch.until),
            Some(_) | None => paused,
        };
        // Ignore why the wait ended: if the connection has ended, the round trip fails the step.
        let _ = clock::before(until, link.connection.journal().ended()).await;
        match fence::round_trip(attempt, (client, link), clock::now() + limit).await {
            Proof::Ended => return Err(ended_early(client, link, watch)),
            // The connection is open, but the server hangs: it does not answer on the connection any more.
            Proof::TimeOnly if link.websocket => {
                return Err(Finding::new(
                    FailureKind::NoResponse,
                    format!(
                        "{}'s connection stayed open, but the server stopped answering on it.",
                        client.spec.name
                    ),
                )
                .expected("a pong on the open connection")
                .missed_by(&client.spec.name)
                .received("no pong")
                .breach());
            }
            Proof::TimeOnly | Proof::Ack | Proof::Event | Proof::Pong => {}
        }
    }
    Ok(())
}

/// Returns the finding that stops the scenario because a connection ended although it has to stay open.
fn ended_early(client: &Client, link: &Link, watch: Option<Watch>) -> Stop {
    let name = &client.spec.name;
    let how = evidence::how_it_ended(link);
    let sentence = match watch {
        Some(watch) => format!(
            "{name}'s connection ended; it has to stay open for {} ({how}).",
            humanize::limit(watch.length)
        ),
        None => format!("{name}'s connection ended; it has to stay open ({how})."),
    };
    Finding::new(FailureKind::ConnectionEnded, sentence)
        .expected("an open connection")
        .received(evidence::how_it_ended(link))
        .breach()
}
