//! `receive: { bytes: … }` and `receive: { http: … }`: raw data on a TCP stream.

use bytes::BytesMut;

use crate::{
    client::{Entry, HttpResponse, What},
    data::Data,
    runner::{
        attempt::Attempt,
        cast::{Client, Link},
        evidence, expectation,
        failure_kind::FailureKind,
        finding::{Finding, Stepped},
    },
    scenario::{Accepted, HttpPattern, Matcher, Step},
    wire::websocket::HandshakeResponse,
};

/// The limit of an HTTP head in bytes.
const HEAD_LIMIT: usize = 64 << 10;

/// Returns all bytes received so far.
fn received_bytes(entries: &[Entry]) -> BytesMut {
    entries.iter().fold(BytesMut::new(), |mut all, entry| {
        if let What::Bytes(bytes) = &entry.what {
            all.extend_from_slice(bytes);
        }
        all
    })
}

/// Waits until all bytes received so far match as text.
pub(super) async fn bytes(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Link,
    expected: &Matcher,
) -> Stepped {
    let deadline = attempt.deadline(step)?;
    let journal = link.connection.journal();
    let mut seen = 0;
    loop {
        let (all, ended) = {
            let entries = journal.entries();
            seen = seen.max(entries.len());
            (
                received_bytes(&entries),
                entries
                    .iter()
                    .any(|entry| matches!(entry.what, What::Ended(_))),
            )
        };
        let text = String::from_utf8_lossy(&all).into_owned();
        let Err(mismatch) = expectation::check(attempt, expected, Some(&Data::from(text)))? else {
            return Ok(());
        };
        if ended
            || tokio::time::timeout_at(deadline, journal.longer_than(seen))
                .await
                .is_err()
        {
            let kind = match all.is_empty() {
                true => FailureKind::NoResponse,
                false => FailureKind::WrongContent,
            };
            let sentence = format!("{} did not receive the expected bytes.", client.spec.name);
            return Err(Finding::new(kind, sentence).mismatch(&mismatch).breach());
        }
    }
}

/// Waits for an HTTP response on a raw connection; returns `None` if the connection ends without one and may do so.
pub(super) async fn response(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Link,
    expected: Accepted<&HttpPattern>,
) -> Stepped<Option<HttpResponse>> {
    let may_end =
        expected.strict.no_response || expected.lenient.is_some_and(|lenient| lenient.no_response);
    let deadline = attempt.deadline(step)?;
    let journal = link.connection.journal();
    let name = &client.spec.name;
    loop {
        let (mut all, seen, ended) = {
            let entries = journal.entries();
            (
                received_bytes(&entries),
                entries.len(),
                entries
                    .iter()
                    .any(|entry| matches!(entry.what, What::Ended(_))),
            )
        };
        let raw = all.clone().freeze();
        let mut missing = "an HTTP response";
        match HandshakeResponse::decode(&mut all, HEAD_LIMIT) {
            Ok(Some(head)) => {
                let response = HttpResponse {
                    status: head.status,
                    headers: head.headers,
                    body: all.freeze(),
                };
                if is_whole(&response) {
                    return Ok(Some(response));
                }
                missing = "a complete HTTP response";
            }
            Ok(None) => {}
            Err(error) => {
                return Err(Finding::new(
                    FailureKind::IllegalHttp,
                    format!("{name} received data that is not HTTP: {error}."),
                )
                .expected("an HTTP response")
                .received(evidence::readable(&raw))
                .breach());
            }
        }
        if ended && may_end {
            return Ok(None);
        }
        if ended
            || tokio::time::timeout_at(deadline, journal.longer_than(seen))
                .await
                .is_err()
        {
            return Err(Finding::new(
                FailureKind::NoResponse,
                format!("{name} did not receive {missing}."),
            )
            .expected(missing)
            .received(evidence::came_since(link, 0))
            .breach());
        }
    }
}

/// Returns true if the body is as long as the head announces (RFC 9112 section 6.3).
fn is_whole(response: &HttpResponse) -> bool {
    let announced = response
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    let has_body = response.status >= 200 && !matches!(response.status, 204 | 304);
    !has_body || announced.is_none_or(|announced| response.body.len() >= announced)
}
