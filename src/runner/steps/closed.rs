//! `closed`: a connection ends, or a namespace is left, or neither.

use std::{sync::Arc, time::Duration};

use super::{
    super::wait::{Waited, wait_in},
    links::any_link,
};
use crate::{
    client::{Ended, EndedHow, What},
    clock,
    data::Data,
    runner::{
        attempt::Attempt,
        cast::{Client, Link},
        evidence,
        fence::{self, Proof},
        finding::{Finding, Stepped, Stop},
    },
    scenario::{Accepted, CloseHow, Closed, Step},
    wire::socket_io::Packet,
};

pub(super) async fn perform(
    attempt: &Attempt<'_>,
    step: &Step,
    closed: &Accepted<Closed>,
) -> Stepped {
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
) -> Stepped {
    let (closed, lenient) = (&accepted.strict, accepted.lenient.as_ref());
    let link = any_link(client)?;
    let limit = limit(attempt, step, &link)?;
    if let Some(namespace) = &closed.namespace {
        let namespace = namespace.render_text(&attempt.scope())?;
        return leaves_namespace(client, &link, &namespace, limit).await;
    }
    if closed.stays_open {
        return stays_open(attempt, client, &link, limit).await;
    }
    let waited = wait_in(
        link.connection.journal(),
        0,
        clock::now() + limit,
        |_, entry| match &entry.what {
            What::Ended(ended) => Some(ended.clone()),
            _ => None,
        },
    )
    .await;
    let Waited::Found(ended) = waited else {
        let stop = Finding::new(format!(
            "{}'s connection is still open {} ms later.",
            client.spec.name,
            limit.as_millis()
        ))
        .expected(describe(attempt, closed))
        .received("an open connection");
        if lenient.is_some_and(|lenient| lenient.stays_open) {
            stays_open(attempt, client, &link, limit).await?;
            attempt.warn(stop);
            return Ok(());
        }
        return Err(stop.breach());
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

/// The deadline, cut to nine tenths of what the heartbeat takes to end a connection: beyond that it
/// would be the heartbeat that closes it, not the rule, and the check could not fail.
fn limit(attempt: &Attempt<'_>, step: &Step, link: &Link) -> Stepped<Duration> {
    let limit = attempt.limit(step)?;
    if step.within.is_some() {
        return Ok(limit);
    }
    let heartbeat = link
        .connection
        .handshake()
        .map(|handshake| (handshake.ping_interval + handshake.ping_timeout) * 9 / 10);
    Ok(heartbeat.map_or(limit, |heartbeat| limit.min(heartbeat)))
}

fn ends_as(
    attempt: &Attempt<'_>,
    client: &Client,
    closed: &Closed,
    ended: &Ended,
) -> Stepped<Result<(), Finding>> {
    let name = &client.spec.name;
    let finding = |sentence: String| {
        Finding::new(sentence)
            .expected(describe(attempt, closed))
            .received(evidence::describe_end(ended))
    };
    if !closed.how.is_empty() && !closed.how.iter().any(|how| same(*how, ended.how)) {
        return Ok(Err(finding(format!(
            "{name}'s connection ends in another way."
        ))));
    }
    if let Some(expected) = &closed.code {
        let code = ended.code.map(|code| Data::from(u64::from(code.0)));
        if expected.check(code.as_ref(), &attempt.scope())?.is_err() {
            return Ok(Err(finding(format!(
                "{name}'s connection is closed with another code."
            ))));
        }
    }
    if let Some(expected) = &closed.reason {
        let reason = Data::from(ended.reason.as_str());
        if expected.check(Some(&reason), &attempt.scope())?.is_err() {
            return Ok(Err(finding(format!(
                "{name}'s connection is closed with another reason."
            ))));
        }
    }
    if closed.hangs_up && ended.kept_open {
        return Ok(Err(finding(format!(
            "{name}'s connection stays open after the last word."
        ))));
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
        let ways: Vec<_> = closed
            .how
            .iter()
            .map(|how| match how {
                CloseHow::CloseFrame => "a close frame",
                CloseHow::ClosePacket => "an Engine.IO close packet",
                CloseHow::Eof => "the end of the stream",
                CloseHow::HttpError => "an HTTP error",
                CloseHow::Reset => "a reset",
            })
            .collect();
        parts.push(format!("with {}", ways.join(" or ")));
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

async fn leaves_namespace(
    client: &Client,
    link: &Link,
    namespace: &str,
    limit: Duration,
) -> Stepped {
    let waited = wait_in(
        link.connection.journal(),
        0,
        clock::now() + limit,
        |_, entry| match &entry.what {
            What::Socket(Packet::Disconnect { namespace: left }) if left == namespace => Some(()),
            _ => None,
        },
    )
    .await;
    let received = match waited {
        Waited::Found(()) => {
            link.state().joined.remove(namespace);
            return Ok(());
        }
        Waited::Ended(ended) => evidence::describe_end(&ended),
        Waited::TimedOut => evidence::came_since(link, 0),
    };
    Err(Finding::new(format!(
        "{} is not told that it left {namespace}.",
        client.spec.name
    ))
    .expected(format!("DISCONNECT of {namespace}"))
    .received(received)
    .breach())
}

/// A round trip, the settle time, another round trip.
async fn stays_open(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    limit: Duration,
) -> Stepped {
    let closes = |link: &Link| -> Stop {
        Finding::new(format!(
            "{}'s connection ends where it should stay open.",
            client.spec.name
        ))
        .expected("an open connection")
        .received(evidence::how_it_ended(link))
        .breach()
    };
    for pause in [
        Duration::ZERO,
        attempt.scenario.settle.unwrap_or(attempt.target.settle),
    ] {
        tokio::time::sleep(pause).await;
        match fence::round_trip(attempt, link, clock::now() + limit).await {
            Proof::Ended => return Err(closes(link)),
            // Open, but nobody at the other end: what a server that hangs looks like.
            Proof::TimeOnly if link.websocket => {
                return Err(Finding::new(format!(
                    "{}'s connection is open, but nothing on it is answered any more.",
                    client.spec.name
                ))
                .expected("an open connection that answers")
                .received("no pong")
                .breach());
            }
            Proof::TimeOnly | Proof::Ack | Proof::Pong => {}
        }
    }
    Ok(())
}
