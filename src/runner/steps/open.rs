//! `open`: opens an Engine.IO session, a bare WebSocket or a TCP stream, on which later steps send and check every
//! packet themselves.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    admission::handshake_finding,
    connect::{self, unreachable},
    http,
    log_in::decide_login,
    options::options,
};
use crate::{
    client::{ConnectFailure, Cookies, HttpResponse, Layer, Options, TransportChoice, What},
    clock,
    runner::{
        clients::{
            Client, Link, echo, entrance,
            join_by_hand::join_main,
            presented::{Awaited, Login},
        },
        findings::{Finding, Obstacle, StepResult, evidence, failure_kind::FailureKind},
        matching::values,
        plan::way_in,
        play::attempt::Attempt,
        waiting::{Waited, wait_in},
    },
    scenario::{Accepted, ClientName, HandshakePattern, HttpPattern, Open, OpenLayer, Step},
    targets::Speaks,
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, open: &Open) -> StepResult {
    let limit = attempt.limit(step)?;
    let actors = attempt.actors(step);
    let opens = actors
        .iter()
        .map(|client| one(attempt, open, client, limit));
    futures_util::future::try_join_all(opens).await.map(|_| ())
}

async fn one(
    attempt: &Attempt<'_>,
    open: &Open,
    client: &Arc<Client>,
    limit: Duration,
) -> StepResult {
    let expected = Accepted::as_ref(&open.expected);
    let name = &client.spec.name;
    let awaited = match expected.strict.refused {
        Some(_) if way_in::is_about_logins(attempt.scenario) => Awaited::Refusal,
        Some(_) | None => Awaited::Acceptance,
    };
    let login = decide_login(attempt, client, &open.options, awaited)?;
    if let Some(session) = &open.session {
        entrance::share(attempt, client, session);
    }
    entrance::before(attempt, client, login).await?;
    let options = connection_options(attempt, open, client, limit, login)?;
    let link = match connect::open(attempt, client, &options).await? {
        Ok(link) => link,
        Err(failure) if failure.is_ours() => {
            return Err(unreachable(&name.0, &failure).unjudged());
        }
        Err(failure) => return refused(attempt, expected, client, &failure),
    };
    attempt.scope().set(&*name.0, client.to_data());
    if let Some(pattern) = &expected.strict.refused {
        let finding = Finding::new(
            FailureKind::NotRefused,
            format!("The server accepted {name}'s connection; it has to refuse it."),
        )
        .expected(http::describe(attempt, pattern))
        .received("an open connection");
        if is_acceptance_tolerated(open, &link, clock::now() + limit).await {
            attempt.warn(finding);
            return Ok(());
        }
        return Err(finding.breach());
    }
    if let Some(pattern) = expected.part(|expected| expected.answer.as_ref())
        && let Some(response) = first_response(&link)
    {
        http::judge(attempt, &handshake_of(name), pattern, &response)?;
    }
    if open.echo {
        echo::join(attempt, client, &link, clock::now() + limit).await?;
    } else if open.join {
        join_main(attempt, client, &link, clock::now() + limit).await?;
    }
    let Some(expected) = expected.part(|expected| expected.handshake.as_ref()) else {
        return Ok(());
    };
    let handshake = link.open_packet_data();
    let subject = format!("{name}'s open packet");
    values::require(attempt, expected, handshake.as_ref(), &subject)
}

/// Returns the options of the connection that the step opens.
fn connection_options(
    attempt: &Attempt<'_>,
    open: &Open,
    client: &Client,
    limit: Duration,
    login: Login,
) -> StepResult<Options> {
    let layer = layer(attempt, open);
    let mut options = options(attempt, client, &open.options, layer, limit, login)?;
    options.transport = match open.layer {
        OpenLayer::Polling => TransportChoice::Polling,
        OpenLayer::Tcp | OpenLayer::WebSocket => TransportChoice::WebSocket,
    };
    options.poll = open.poll;
    if let Some(session) = &open.session {
        let link = session_of(attempt, session)?;
        options.headers = Cookies::of(link.connection.journal()).join(&options.headers);
        options.session = link
            .connection
            .handshake()
            .map(|handshake| handshake.sid.clone());
    }
    Ok(options)
}

/// Returns true if the step tolerates that the server accepted a connection although it has to refuse the connection.
async fn is_acceptance_tolerated(open: &Open, link: &Link, deadline: Instant) -> bool {
    let lenient = open.expected.lenient.as_ref();
    match lenient.map(|lenient| &lenient.refused) {
        None => false,
        Some(None) => true,
        Some(Some(tolerant)) => {
            open.session.is_some() && tolerant.no_response && is_cut_off(link, deadline).await
        }
    }
}

/// Returns the HTTP response with which the server accepted the connection.
fn first_response(link: &Link) -> Option<HttpResponse> {
    let entries = link.connection.journal().entries();
    entries.iter().find_map(|entry| match &entry.what {
        What::Http(response) => Some(response.clone()),
        _ => None,
    })
}

fn handshake_of(name: &ClientName) -> String {
    format!("{name}'s handshake")
}

fn layer(attempt: &Attempt<'_>, open: &Open) -> Layer {
    let speaks = attempt.target.manifest.dialect.speaks;
    match open.layer {
        OpenLayer::Tcp => Layer::Tcp,
        OpenLayer::WebSocket if speaks == Speaks::WebSocket => Layer::WebSocket,
        OpenLayer::Polling | OpenLayer::WebSocket => Layer::EngineIo,
    }
}

/// Returns the connection of the client `session`, so that another connection can join the Engine.IO session that it
/// opened.
fn session_of(attempt: &Attempt<'_>, session: &ClientName) -> StepResult<Arc<Link>> {
    let link = attempt
        .declared
        .get(session)
        .and_then(|client| client.link())
        .filter(|link| link.connection.handshake().is_some());
    link.ok_or_else(|| {
        Obstacle::new(format!(
            "{session} has no session that another connection could join."
        ))
        .unjudged()
    })
}

/// Returns true if the server ends the connection before the server sends a packet.
///
/// Some servers look up the session of an upgrade only after the WebSocket handshake. Ending the connection then counts
/// as a refusal.
async fn is_cut_off(link: &Link, deadline: Instant) -> bool {
    let first = wait_in(
        link.connection.journal(),
        0,
        deadline,
        |_, entry| match &entry.what {
            What::Packet(_) | What::Message(_) => Some(false),
            What::Ended(ended) => Some(!ended.by_us),
            _ => None,
        },
    );
    matches!(first.await, Waited::Found(true))
}

/// Judges a handshake that the server has refused.
fn refused(
    attempt: &Attempt<'_>,
    expected: Accepted<&HandshakePattern>,
    client: &Client,
    failure: &ConnectFailure,
) -> StepResult {
    let what = handshake_of(&client.spec.name);
    if let (Some(pattern), ConnectFailure::Refused { response }) =
        (expected.part(|expected| expected.answer.as_ref()), failure)
    {
        return http::judge(attempt, &what, pattern, response);
    }
    let finding = || handshake_finding(&client.spec.name, failure);
    let tolerant = expected
        .lenient
        .and_then(|lenient| lenient.refused.as_ref());
    let strict = expected.strict.refused.as_ref();
    let Some(pattern) = strict.or(tolerant) else {
        return Err(finding().breach());
    };
    match failure {
        ConnectFailure::Handshake { response, .. } | ConnectFailure::Refused { response } => {
            let expected = Accepted {
                strict: pattern,
                lenient: strict.and(tolerant),
            };
            http::judge(attempt, &what, expected, response)?;
            if strict.is_none() {
                // The step expects that the server accepts the connection, but also tolerates a refusal. So warn only.
                attempt.warn(finding());
            }
            Ok(())
        }
        ConnectFailure::Ended { .. } | ConnectFailure::Reset { .. } if pattern.no_response => {
            Ok(())
        }
        ConnectFailure::Ended { .. } | ConnectFailure::Reset { .. }
            if tolerant.is_some_and(|tolerant| tolerant.no_response) =>
        {
            attempt.warn(cut_off(attempt, &what, pattern, failure));
            Ok(())
        }
        _ => Err(finding()
            .expected(http::describe(attempt, pattern))
            .breach()),
    }
}

/// Returns the warning about a handshake that ended without the response that the step expects.
fn cut_off(
    attempt: &Attempt<'_>,
    what: &str,
    pattern: &HttpPattern,
    failure: &ConnectFailure,
) -> Finding {
    let (kind, sentence) = if failure.came_after_opening() {
        (
            FailureKind::NotRefused,
            format!("The server accepted {what} and ended the WebSocket at once."),
        )
    } else {
        (
            FailureKind::NoResponse,
            format!("The server ended the connection without a response to {what}."),
        )
    };
    Finding::new(kind, sentence)
        .expected(http::describe(attempt, pattern))
        .received(evidence::describe_failure(failure))
}
