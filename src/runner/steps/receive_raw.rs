//! `receive: { bytes: … }` and `receive: { http: … }`: raw data on a TCP stream.

use bytes::BytesMut;

use crate::{
    client::{Entry, HttpResponse, What},
    clock,
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{Finding, StepResult, describe_mismatch, evidence, failure_kind::FailureKind},
        matching::values,
        play::attempt::Attempt,
    },
    scenario::{Accepted, ClientName, HttpPattern, Matcher, Step},
    text::excerpt,
    wire::websocket::HandshakeResponse,
};

/// The limit of an HTTP head in bytes.
const HEAD_LIMIT: usize = 64 << 10;

/// Returns all raw bytes in these journal entries, joined.
fn received_bytes(entries: &[Entry]) -> BytesMut {
    entries.iter().fold(BytesMut::new(), |mut all, entry| {
        if let What::Bytes(bytes) = &entry.what {
            all.extend_from_slice(bytes);
        }
        all
    })
}

/// Records that a step has received the bytes that have arrived.
fn note_bytes(link: &Link) {
    let last = {
        let entries = link.connection.journal().entries();
        entries
            .iter()
            .rposition(|entry| matches!(entry.what, What::Bytes(_)))
    };
    if let Some(last) = last {
        link.state().received.note(last);
    }
}

/// Waits until all bytes received so far, taken together as one text, match the expectation.
pub(super) async fn bytes(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Link,
    expected: &Matcher,
) -> StepResult {
    let deadline = attempt.deadline(step)?;
    let journal = link.connection.journal();
    let mut seen = 0;
    let mut is_over = false;
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
        let Err(mismatch) = values::check(attempt, expected, Some(&Data::from(text)))? else {
            note_bytes(link);
            return Ok(());
        };
        if ended || is_over {
            let kind = match all.is_empty() {
                true => FailureKind::NoResponse,
                false => FailureKind::WrongContent,
            };
            let name = &client.spec.name;
            let sentence = match all.is_empty() {
                true => format!(
                    "{name} received no bytes; expected {}.",
                    excerpt(&mismatch.expected)
                ),
                false => format!("What {name} received {}.", describe_mismatch(&mismatch)),
            };
            let finding = Finding::new(kind, sentence).mismatch(&mismatch);
            return Err(match all.is_empty() {
                true => finding.missed_by(name).breach(),
                false => finding.breach(),
            });
        }
        is_over = clock::before(deadline, journal.longer_than(seen))
            .await
            .is_err();
    }
}

/// Waits for an HTTP response on a raw connection. Returns `None` if the connection ends without a response and the
/// step allows that.
pub(super) async fn response(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Link,
    expected: Accepted<&HttpPattern>,
) -> StepResult<Option<HttpResponse>> {
    let may_end =
        expected.strict.no_response || expected.lenient.is_some_and(|lenient| lenient.no_response);
    let deadline = attempt.deadline(step)?;
    let journal = link.connection.journal();
    let name = &client.spec.name;
    let mut is_over = false;
    loop {
        let (all, seen, ended) = {
            let entries = journal.entries();
            (
                received_bytes(&entries),
                entries.len(),
                entries
                    .iter()
                    .any(|entry| matches!(entry.what, What::Ended(_))),
            )
        };
        let missing = match decode(name, all)? {
            Progress::Complete(response) => {
                note_bytes(link);
                return Ok(Some(response));
            }
            Progress::Body => "a complete HTTP response",
            Progress::Head => "an HTTP response",
        };
        if ended && may_end {
            return Ok(None);
        }
        if ended || is_over {
            return Err(Finding::new(
                FailureKind::NoResponse,
                format!(
                    "{name} did not receive {missing}; it received {}.",
                    evidence::came_briefly(link, 0)
                ),
            )
            .expected(missing)
            .missed_by(name)
            .received(evidence::came_since(link, 0))
            .breach());
        }
        is_over = clock::before(deadline, journal.longer_than(seen))
            .await
            .is_err();
    }
}

/// How much of an HTTP response has been received.
enum Progress {
    /// The head of the response is incomplete.
    Head,
    /// The head of the response is complete, but its body is not.
    Body,
    /// The response is complete.
    Complete(HttpResponse),
}

/// Decodes what a client has received so far. Bytes that are not HTTP are a breach.
fn decode(client: &ClientName, mut bytes: BytesMut) -> StepResult<Progress> {
    let raw = bytes.clone().freeze();
    let head = HandshakeResponse::decode(&mut bytes, HEAD_LIMIT).map_err(|error| {
        Finding::new(
            FailureKind::IllegalHttp,
            format!("{client} received data that is not HTTP: {error}."),
        )
        .expected("an HTTP response")
        .received(evidence::readable(&raw))
        .breach()
    })?;
    let Some(head) = head else {
        return Ok(Progress::Head);
    };
    let response = HttpResponse {
        status: head.status,
        headers: head.headers,
        body: bytes.freeze(),
    };
    Ok(match has_whole_body(&response) {
        true => Progress::Complete(response),
        false => Progress::Body,
    })
}

/// Returns true if the body is as long as the head announces (RFC 9112 section 6.3).
fn has_whole_body(response: &HttpResponse) -> bool {
    let announced = response
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    let has_body = response.status >= 200 && !matches!(response.status, 204 | 304);
    !has_body || announced.is_none_or(|announced| response.body.len() >= announced)
}
