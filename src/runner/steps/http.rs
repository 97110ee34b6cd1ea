//! `http`: one request on a connection of its own, and its response.

use bytes::Bytes;

use super::pairs;
use crate::{
    client::{Bounds, ConnectFailure, HttpRequest, HttpResponse, request},
    data::Data,
    runner::{
        attempt::Attempt,
        evidence,
        finding::{Finding, Stepped},
    },
    scenario::{Accepted, Http, HttpPattern, Step},
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, http: &Http) -> Stepped {
    let limit = attempt.limit(step)?;
    let asked = fill(attempt, http)?;
    let (strict, lenient) = (&http.response.strict, &http.response.lenient);
    let what = format!("{} {}", asked.method, asked.target);
    let response = match request(&attempt.target.endpoint, asked, limit, Bounds::default()).await {
        Ok(response) => Some(response),
        Err(failure) if failure.is_ours() => {
            return Err(Finding::new(format!("{what} comes to nothing: {failure}.")).unjudged());
        }
        Err(failure @ (ConnectFailure::Ended { .. } | ConnectFailure::Reset { .. })) => {
            if strict.no_response {
                return Ok(());
            }
            let finding = Finding::new(format!("{what} gets no response."))
                .expected(describe(attempt, strict))
                .received(evidence::describe_failure(&failure));
            if lenient.as_ref().is_some_and(|lenient| lenient.no_response) {
                attempt.warn(finding);
                return Ok(());
            }
            return Err(finding.breach());
        }
        Err(failure) => {
            return Err(Finding::new(format!("{what} fails: {failure}."))
                .expected(describe(attempt, strict))
                .received(evidence::describe_failure(&failure))
                .breach());
        }
    };
    let Some(response) = response else {
        return Ok(());
    };
    judge(attempt, &what, http.response.as_ref(), &response)
}

/// Compares a response with what the step expects and tolerates.
pub(super) fn judge(
    attempt: &Attempt<'_>,
    what: &str,
    expected: Accepted<&HttpPattern>,
    response: &HttpResponse,
) -> Stepped {
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
    Err(finding.breach())
}

/// The captures of a response that fits, or how it differs.
pub(super) fn matches(
    attempt: &Attempt<'_>,
    what: &str,
    pattern: &HttpPattern,
    response: &HttpResponse,
) -> Stepped<Result<Vec<(String, Data)>, Finding>> {
    let scope = attempt.scope().clone();
    if pattern.no_response {
        return Ok(Err(Finding::new(format!(
            "{what} gets a response where none should come."
        ))
        .expected("no response")
        .received(evidence::describe_response(response))));
    }
    let mut captures = Vec::new();
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
            "the status",
            &pattern.status,
            Some(Data::from(u64::from(response.status))),
        ),
        ("the body", &pattern.body, Some(body)),
        (
            "the body's JSON",
            &pattern.json,
            pattern.json.as_ref().and_then(|_| json()),
        ),
    ];
    let headers = pattern.headers.iter().map(|(name, matcher)| {
        let value = response.header(&name.to_ascii_lowercase()).map(Data::from);
        (format!("the header {name}"), matcher, value)
    });
    let all = checks
        .into_iter()
        .filter_map(|(part, matcher, value)| Some((part.to_owned(), matcher.as_ref()?, value)))
        .chain(headers);
    for (part, matcher, value) in all {
        match matcher.check(value.as_ref(), &scope)? {
            Ok(found) => captures.extend(found),
            Err(mismatch) => {
                return Ok(Err(Finding::new(format!(
                    "{what}: {part} of the response is not as expected."
                ))
                .mismatch(&mismatch)
                .received(format!(
                    "{}\nin {}",
                    mismatch
                        .received
                        .as_ref()
                        .map_or_else(|| "nothing".to_owned(), ToString::to_string),
                    evidence::describe_response(response)
                ))));
            }
        }
    }
    Ok(Ok(captures))
}

/// The pattern in words.
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

fn fill(attempt: &Attempt<'_>, http: &Http) -> Stepped<HttpRequest> {
    let scope = attempt.scope().clone();
    let mut target = http.target.render_text(&scope)?;
    for (name, value) in pairs::fill(&http.query, &scope)? {
        let pair = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(&name, &value)
            .finish();
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&pair);
    }
    let mut headers = pairs::fill(&http.headers, &scope)?;
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
