//! `http`: one request on a connection of its own, and its response.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{connect::not_judged, pairs};
use crate::{
    client::{Bounds, ConnectFailure, HttpRequest, HttpResponse, request},
    clock,
    data::Data,
    runner::{
        clients::{
            entrance,
            login::Entered,
            presented::{self, Login},
        },
        findings::{Finding, StepResult, Stop, evidence, failure_kind::FailureKind},
        journal::unrelated::without_unrelated,
        plan::way_in,
        play::{attempt::Attempt, refused_request::RefusedRequest},
        record::outcome::SeenLine,
        transcript::exchange::Exchange,
    },
    scenario::{Accepted, Http, HttpPattern, Matcher, Mismatch, Step},
    text::excerpt,
    wire::engine_io::SEPARATOR,
};

/// The limit on the bytes of events in the responses to one poll that have nothing to do with the scenario. A server that
/// sends more floods its client.
const MOST_UNRELATED: usize = 2_000_000;

/// The close packet of Engine.IO.
const CLOSE: &[u8] = b"1";

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, http: &Http) -> StepResult {
    let limit = attempt.limit(step)?;
    let asked = fill(attempt, http).await?;
    let (strict, lenient) = (&http.response.strict, &http.response.lenient);
    let what = format!("{} {}", asked.method, asked.target);
    let asked_at = clock::now();
    let sent = match &asked.body {
        Some(body) => format!("{what} {}", evidence::readable(body)),
        None => what.clone(),
    };
    attempt.note_other_cause();
    let result = ask(attempt, asked, limit).await;
    record(attempt, asked_at, sent, &result);
    let response = match result {
        Ok(response) => Some(response),
        Err(failure) if failure.is_ours() => {
            let sentence = format!("{what} got no response that can be judged: {failure}.");
            return Err(not_judged(sentence, &failure).unjudged());
        }
        Err(failure @ (ConnectFailure::Ended { .. } | ConnectFailure::Reset { .. })) => {
            if strict.no_response {
                return Ok(());
            }
            let finding = Finding::new(
                FailureKind::NoResponse,
                format!("The server ended the connection without a response to {what}."),
            )
            .expected(describe(attempt, strict))
            .received(evidence::describe_failure(&failure));
            if lenient.as_ref().is_some_and(|lenient| lenient.no_response) {
                attempt.warn(finding);
                return Ok(());
            }
            return Err(finding.breach());
        }
        Err(failure) => {
            return Err(Finding::new(
                FailureKind::from(&failure),
                format!("The server sent no valid response to {what}: {failure}."),
            )
            .expected(describe(attempt, strict))
            .received(evidence::describe_failure(&failure))
            .breach());
        }
    };
    let Some(response) = response else {
        return Ok(());
    };
    attempt.notes().cookies.take(&response);
    judge(attempt, &what, http.response.as_ref(), &response)
}

/// Sends a request and returns the response without events that have nothing to do with the scenario, such as
/// greetings.
///
/// If the response to a poll holds nothing but such events, the request is sent again.
async fn ask(
    attempt: &Attempt<'_>,
    asked: HttpRequest,
    limit: Duration,
) -> Result<HttpResponse, ConnectFailure> {
    let deadline = clock::now() + limit;
    let mut unrelated = 0;
    loop {
        let left = deadline.saturating_duration_since(clock::now());
        let endpoint = &attempt.target.endpoint;
        let mut response = request(endpoint, asked.clone(), left, Bounds::default()).await?;
        let length = response.body.len();
        let is_poll = asked.method == "GET" && response.status == 200;
        if is_poll && let Ok(body) = std::str::from_utf8(&response.body) {
            response.body = attempt.spoken_payload(body).into();
        }
        let body = std::str::from_utf8(&response.body).ok();
        let stripped = body
            .filter(|_| is_poll)
            .and_then(|body| without_unrelated(attempt, body));
        match stripped {
            None => return Ok(response),
            Some(rest) if rest.is_empty() && clock::now() < deadline => {
                unrelated += length;
                if unrelated > MOST_UNRELATED {
                    return Err(ConnectFailure::TooLarge {
                        what: "size of events that have nothing to do with the scenario, in the responses to one poll,",
                        limit: MOST_UNRELATED,
                    });
                }
            }
            Some(rest) => {
                response.body = Bytes::from(rest);
                return Ok(response);
            }
        }
    }
}

/// Adds a request and its response to the trace.
fn record(
    attempt: &Attempt<'_>,
    asked_at: Instant,
    sent: String,
    result: &Result<HttpResponse, ConnectFailure>,
) {
    let line = |at: Instant, received: bool, text: String| SeenLine {
        at: at.saturating_duration_since(attempt.started),
        received,
        text,
    };
    let response = match result {
        Ok(response) => evidence::describe_response(response),
        Err(failure) => failure.to_string(),
    };
    if attempt.slots.is_some() {
        attempt.notes().exchanges.push(Exchange {
            asked_at,
            request: sent.clone(),
            response: match result {
                Ok(response) => Ok(response.clone()),
                Err(failure) => Err(failure.to_string()),
            },
        });
    }
    attempt.notes().http.extend([
        line(asked_at, false, evidence::bounded(sent)),
        line(clock::now(), true, response),
    ]);
}

/// Judges a response: compares it with what the step expects and tolerates.
///
/// `what` names the request inside a sentence: "GET /".
pub(super) fn judge(
    attempt: &Attempt<'_>,
    what: &str,
    expected: Accepted<&HttpPattern>,
    response: &HttpResponse,
) -> StepResult {
    let finding = match matches(attempt, what, expected.strict, response)? {
        Ok(captures) => {
            attempt.capture(captures);
            return Ok(());
        }
        Err(finding) => finding,
    };
    if let Some(lenient) = expected.lenient
        && let Ok(captures) = matches(attempt, what, lenient, response)?
    {
        attempt.capture(captures);
        attempt.warn(finding);
        return Ok(());
    }
    if says_session_has_ended(response) && accepts_success(attempt, expected.strict)? {
        attempt.notes().refused.push(RefusedRequest {
            request: what.to_owned(),
            at: clock::now(),
        });
    }
    Err(finding.breach())
}

/// Returns true for a response with which a server answers a request for a session that has ended: a refusal, or a close
/// packet.
fn says_session_has_ended(response: &HttpResponse) -> bool {
    let mut packets = response.body.split(|byte| *byte == SEPARATOR as u8);
    (400..500).contains(&response.status) || packets.any(|packet| packet == CLOSE)
}

/// Returns true if the pattern accepts a response with status 200.
fn accepts_success(attempt: &Attempt<'_>, pattern: &HttpPattern) -> StepResult<bool> {
    let Some(status) = &pattern.status else {
        return Ok(!pattern.no_response);
    };
    let scope = attempt.scope().clone();
    Ok(status.check(Some(&Data::from(200_u64)), &scope)?.is_ok())
}

/// Returns the variables that a matching response captures, or a finding about how the response differs from the
/// pattern.
pub(super) fn matches(
    attempt: &Attempt<'_>,
    what: &str,
    pattern: &HttpPattern,
    response: &HttpResponse,
) -> StepResult<Result<Vec<(String, Data)>, Finding>> {
    let scope = attempt.scope().clone();
    if pattern.no_response {
        return Ok(Err(Finding::new(
            FailureKind::UnexpectedResponse,
            format!("The server answered {what}; it must not send a response."),
        )
        .expected("no response")
        .received(evidence::describe_response(response))));
    }
    let mut captures = Vec::new();
    for (part, matcher, value) in parts(pattern, response) {
        match matcher.check(value.as_ref(), &scope)? {
            Ok(found) => captures.extend(found),
            Err(mismatch) => return Ok(Err(wrong_part(what, &part, &mismatch, response))),
        }
    }
    Ok(Ok(captures))
}

/// Returns the parts of a response that the pattern checks: the name, the matcher and the value of each.
fn parts<'p>(
    pattern: &'p HttpPattern,
    response: &HttpResponse,
) -> Vec<(String, &'p Matcher, Option<Data>)> {
    let body = std::str::from_utf8(&response.body)
        .map(Data::from)
        .unwrap_or_else(|_| Data::Bytes(response.body.clone()));
    let json = || {
        serde_json::from_slice::<serde_json::Value>(&response.body)
            .ok()
            .map(Data::from)
    };
    let checks = [
        (
            "status",
            &pattern.status,
            Some(Data::from(u64::from(response.status))),
        ),
        ("body", &pattern.body, Some(body)),
        (
            "JSON body",
            &pattern.json,
            pattern.json.as_ref().and_then(|_| json()),
        ),
    ];
    let headers = pattern.headers.iter().map(|(name, matcher)| {
        let value = response.header(&name.to_ascii_lowercase()).map(Data::from);
        (format!("header {name}"), matcher, value)
    });
    checks
        .into_iter()
        .filter_map(|(part, matcher, value)| Some((part.to_owned(), matcher.as_ref()?, value)))
        .chain(headers)
        .collect()
}

/// Returns the finding about a part of a response that differs from the pattern.
fn wrong_part(what: &str, part: &str, mismatch: &Mismatch, response: &HttpResponse) -> Finding {
    let received = mismatch
        .received
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let part = match mismatch.path.as_str() {
        "" => part.to_owned(),
        path => format!("{part} at `{path}`"),
    };
    let had = match &mismatch.received {
        Some(_) => format!("the {part} {}", excerpt(&received)),
        None => format!("no {part}"),
    };
    let expected = excerpt(&mismatch.expected);
    Finding::new(
        FailureKind::WrongResponse,
        format!("The response to {what} had {had}; expected {expected}."),
    )
    .mismatch(mismatch)
    .received(format!(
        "{received}\nin {}",
        evidence::describe_response(response)
    ))
}

/// Returns in words, for messages, what the step expects of a response.
pub(super) fn describe(attempt: &Attempt<'_>, pattern: &HttpPattern) -> String {
    let scope = attempt.scope();
    if pattern.no_response {
        return "no response".to_owned();
    }
    let status = pattern.status.as_ref().map_or_else(String::new, |status| {
        format!(" with status {}", status.describe(&scope))
    });
    format!("a response{status}")
}

/// Returns the query parameters and the headers of a request. A request to the endpoint also has those of the
/// manifest's clients, unless only a client that has entered knows them.
fn presented(
    attempt: &Attempt<'_>,
    http: &Http,
    target: &str,
    entered: Option<&Entered>,
) -> StepResult<[Vec<(String, String)>; 2]> {
    let scope = attempt.scope().clone();
    let known = entered.map_or(&scope, |entered| &entered.scope);
    let clients = &attempt.target.manifest.way_in.clients;
    let all = |defaults: &[_], own: &[_]| {
        let mut all = Vec::new();
        if target.starts_with(&attempt.target.endpoint.path) {
            let login = match way_in::is_about_logins(attempt.scenario) {
                true => Login::Scenario,
                false => Login::Manifest,
            };
            for (name, value) in presented::unnamed(clients, defaults, login, [own, &[]]) {
                all.extend(value.render_text(known).ok().map(|value| (name, value)));
            }
        }
        all.extend(pairs::fill(own, &scope)?);
        Ok::<_, Stop>(all)
    };
    let query = all(&clients.query, &http.query)?;
    let headers = all(&clients.headers, &http.headers)?;
    let headers = match entered {
        Some(entered) => entered.cookies.join(&headers),
        None => headers,
    };
    Ok([query, headers])
}

/// Returns the login with which a step makes its request. `None` for a request that is not one of a client of the
/// endpoint, or that is about logins.
async fn entered(attempt: &Attempt<'_>, http: &Http, target: &str) -> StepResult<Option<Entered>> {
    let is_of_endpoint = target.starts_with(&attempt.target.endpoint.path);
    if !is_of_endpoint || way_in::is_about_logins(attempt.scenario) {
        return Ok(None);
    }
    let scope = attempt.scope().clone();
    let query = pairs::fill(&http.query, &scope)?;
    let query: String = query.iter().map(|(_, value)| format!(" {value}")).collect();
    entrance::of_request(attempt, &format!("{target}{query}")).await
}

async fn fill(attempt: &Attempt<'_>, http: &Http) -> StepResult<HttpRequest> {
    let scope = attempt.scope().clone();
    let mut target = http.target.render_text(&scope)?;
    let entered = entered(attempt, http, &target).await?;
    let [query, mut headers] = presented(attempt, http, &target, entered.as_ref())?;
    for (name, value) in query {
        let pair = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(&name, &value)
            .finish();
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&pair);
    }
    let body = match http
        .body
        .as_ref()
        .map(|body| body.render(&scope))
        .transpose()?
    {
        None => None,
        Some(Data::String(text)) => Some(Bytes::from(text)),
        Some(Data::Bytes(bytes)) => Some(bytes),
        Some(other) => {
            if !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            {
                headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            }
            Some(Bytes::from(other.to_string()))
        }
    };
    Ok(HttpRequest {
        method: http.method.clone(),
        target,
        headers,
        body,
    })
}
