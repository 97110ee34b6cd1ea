//! `refused`: the server reports a refusal once, and only to the client that made the request.
//!
//! A report is what the server sends when it refuses a request: an error event, an error acknowledgement or a
//! CONNECT_ERROR. The target's dialect says which of them the target uses.

use std::sync::Arc;

use super::{
    admission::{Admission, Judging, handshake_finding},
    links::any_link,
};
use crate::{
    client::{ConnectFailure, Ended, Entry, HttpResponse, What},
    clock,
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{Finding, StepResult, evidence, failure_kind::FailureKind},
        journal::refusal_reports::in_event,
        matching::values,
        play::attempt::Attempt,
        silence::claim::{Checked, Counted, Never, Request, Silence, Watch},
        waiting::{Waited, lawful_wait::wait_lawfully},
    },
    scenario::{Matcher, Refusal, RefusalReason, Step},
    wire::socket_io::Packet,
};

/// The request that the server has to refuse.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'q> {
    /// An event that asks for an acknowledgement.
    Call {
        /// The request that the client sent.
        request: &'q Request,
        /// The index of the first journal entry after the request was sent.
        from: usize,
    },
    /// An event that asks for no acknowledgement.
    Emit {
        /// The event's name in the scenario.
        event: &'q str,
        /// The event's namespace.
        namespace: &'q str,
    },
}

impl Question<'_> {
    /// Returns the name of the event in the scenario.
    fn event(&self) -> &str {
        match self {
            Self::Call { request, .. } => &request.event,
            Self::Emit { event, .. } => event,
        }
    }

    fn namespace(&self) -> &str {
        match self {
            Self::Call { request, .. } => &request.namespace,
            Self::Emit { namespace, .. } => namespace,
        }
    }

    /// Returns the index of the first journal entry that can hold the report that the server refused this request.
    fn from(&self) -> usize {
        match self {
            Self::Call { from, .. } => *from,
            Self::Emit { .. } => 0,
        }
    }

    /// Returns the arguments of the acknowledgement, or of the event with the result, if the entry answers this
    /// request.
    fn answer<'e>(&self, entry: &'e Entry) -> Option<&'e [Data]> {
        match self {
            Self::Call { request, .. } => request
                .acknowledgement(entry)
                .or_else(|| request.result(entry)),
            Self::Emit { .. } => None,
        }
    }
}

/// Waits for the one report of a refused call or emit, and returns the index of its journal entry.
pub(super) async fn report(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Arc<Client>,
    link: &Arc<Link>,
    expected: &Refusal,
    question: Question<'_>,
) -> StepResult<usize> {
    let (index, report) = await_report(attempt, step, client, link, expected, question).await?;
    link.state().received.claim(index);
    let report = with_spoken_field(attempt, question.event(), report);
    let subject = format!(
        "The refusal of {}'s `{}`",
        client.spec.name,
        question.event()
    );
    let own = own_words(attempt, expected);
    // A target that does not declare how it reports invalid payloads may leave the invalid field out.
    let is_free = expected.reason == Some(RefusalReason::Payload)
        && own.is_none()
        && report.get("field").is_none();
    let message = expected.report.only("message");
    let demanded = match is_text(link, index) {
        // A refusal that is a text has no place for a code or a field.
        true => Some(&message),
        false => (!is_free).then_some(&expected.report),
    };
    compare(attempt, &subject, expected, [demanded, own], &report)??;
    Ok(index)
}

/// Returns true if the event or acknowledgement in a journal entry reports a refusal by a text.
fn is_text(link: &Link, index: usize) -> bool {
    let entries = link.connection.journal().entries();
    match entries.get(index).map(|entry| &entry.what) {
        Some(What::Socket(Packet::Ack { args, .. } | Packet::Event { args, .. })) => {
            let has_text = args.iter().any(|argument| argument.as_str().is_some());
            let has_fields = args.iter().any(|argument| argument.as_object().is_some());
            has_text && !has_fields
        }
        _ => false,
    }
}

/// Returns the report with the scenarios' name of the invalid field in place of the target's name.
fn with_spoken_field(attempt: &Attempt<'_>, event: &str, mut report: Data) -> Data {
    if let Some(field) = report.get("field").and_then(Data::as_str) {
        let bindings = &attempt.target.manifest.bindings;
        let spoken = Data::from(bindings.spoken_field(event, field));
        if let Data::Object(fields) = &mut report {
            fields.insert("field".to_owned(), spoken);
        }
    }
    report
}

/// Compares a report with expectations. If the scenario expects a certain reason, and the manifest does not say how the
/// target reports it, any report that gives a reason is right.
///
/// The outer result is an error of the scenario, the inner one a failure of the target.
fn compare(
    attempt: &Attempt<'_>,
    subject: &str,
    expected: &Refusal,
    demanded: [Option<&Matcher>; 2],
    report: &Data,
) -> StepResult<StepResult> {
    for matcher in demanded.into_iter().flatten() {
        if let Err(mismatch) = values::check(attempt, matcher, Some(report))? {
            let finding = Finding::wrong(FailureKind::WrongRefusal, subject, &mismatch);
            return Ok(Err(finding.breach()));
        }
    }
    if expected.reason.is_some() && own_words(attempt, expected).is_none() && !gives_reason(report)
    {
        let finding = Finding::new(
            FailureKind::WrongRefusal,
            format!("{subject} gives no reason: it has no message."),
        );
        let finding = finding.expected("a `message` that is not empty");
        return Ok(Err(finding.received(report.to_string()).breach()));
    }
    Ok(Ok(()))
}

/// Returns, for each connected client, the claim that the client receives no other report of a refusal.
pub(super) fn no_other_report(
    attempt: &Attempt<'_>,
    step: &Step,
    watch: Option<Watch>,
) -> Vec<Silence> {
    let clients = attempt.declared.all().iter();
    clients
        .filter(|client| client.link().is_some())
        .map(|client| Silence {
            client: Arc::clone(client),
            never: Never::Refusal,
            span: step.span,
            level: step.level,
            watch,
        })
        .collect()
}

/// Returns the rule that the server does not answer the request. If the report of the refusal (the journal entry at
/// `index`) is itself an answer, the rule allows this one answer.
pub(super) fn no_other_acknowledgement(
    link: &Arc<Link>,
    request: &Request,
    from: usize,
    index: usize,
) -> Never {
    let question = Question::Call { request, from };
    let is_answer = {
        let entries = link.connection.journal().entries();
        let entry = entries.get(index).filter(|_| index >= from);
        entry.is_some_and(|entry| question.answer(entry).is_some())
    };
    Never::Ack {
        link: Arc::clone(link),
        request: request.clone(),
        allowed: usize::from(is_answer),
        counted: Counted::All,
        checked: Checked::before(from),
    }
}

/// Waits for the report of a refused call or emit; returns its index and its content.
async fn await_report(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Arc<Client>,
    link: &Arc<Link>,
    expected: &Refusal,
    question: Question<'_>,
) -> StepResult<(usize, Data)> {
    let deadline = attempt.deadline(step)?;
    let manifest = &attempt.target.manifest;
    let (name, event, from) = (&client.spec.name, question.event(), question.from());
    let waited = wait_lawfully(attempt, (client, link), from, deadline, |index, entry| {
        if link.state().received.is_claimed(index) {
            return None;
        }
        // Skip a report in another namespace: it does not answer this request. The later check that no other report
        // comes finds it.
        if let Some(report) = in_event(manifest, entry)
            && matches!(&entry.what, What::Socket(packet) if packet.namespace() == question.namespace())
        {
            return Some((index, Ok(report)));
        }
        let args = question.answer(entry)?;
        let report = manifest.refusal_in_ack(args);
        Some((index, report.ok_or_else(|| args.to_vec())))
    })
    .await?;
    let (kind, sentence, received) = match waited {
        Waited::Found((index, Ok(report))) => return Ok((index, report)),
        Waited::Found((_, Err(args))) => (
            FailureKind::NotRefused,
            format!("The server acknowledged {name}'s `{event}`; it has to refuse it."),
            format!("an acknowledgement {}", Data::Array(args)),
        ),
        Waited::Ended(ended) => (
            FailureKind::ConnectionEnded,
            format!(
                "{name}'s connection ended before the server reported the refusal of `{event}`."
            ),
            evidence::describe_end(&ended),
        ),
        Waited::TimedOut => (
            FailureKind::RefusalNotReported,
            format!(
                "The server did not report a refusal of {name}'s `{event}` within {}; {name} received {}.",
                attempt.describe_limit(step, attempt.limit(step)?),
                evidence::came_briefly(link, from)
            ),
            evidence::came_since(link, from),
        ),
    };
    let finding = Finding::new(kind, sentence)
        .expected(describe(attempt, expected))
        .received(received);
    Err(match kind {
        FailureKind::NotRefused => finding.breach(),
        _ => finding.missed_by(name).breach(),
    })
}

/// Compares the server's answer to CONNECT with an expected refusal.
///
/// A refusal is a CONNECT_ERROR, an HTTP response, or a CONNECT that a report and a DISCONNECT follow.
pub(super) async fn at_connect(
    attempt: &Attempt<'_>,
    judging: &Judging<'_>,
    expected: &Refusal,
    admission: &Admission,
) -> StepResult<StepResult> {
    let name = &judging.client.spec.name;
    let places = &attempt.target.manifest.report_places;
    let report = match admission {
        Admission::Refused(payload) => places.apply(
            std::slice::from_ref(payload),
            normalise_connect_error(payload),
        ),
        Admission::RefusedHandshake(
            ConnectFailure::Refused { response } | ConnectFailure::Handshake { response, .. },
        ) => {
            let (body, report) = in_response(response);
            places.apply(&[body], report)
        }
        Admission::RefusedHandshake(failure) => {
            return Ok(Err(handshake_finding(name, failure).breach()));
        }
        Admission::Joined(_) => match late_refusal(attempt, judging).await? {
            Ok(report) => report,
            Err(finding) => {
                let want = describe(attempt, expected);
                return Ok(Err(finding.expected(want).breach()));
            }
        },
    };
    let subject = format!("The refusal of {}", judging.words);
    let own = own_words(attempt, expected);
    let demanded = [Some(&expected.report), own];
    compare(attempt, &subject, expected, demanded, &report)
}

/// Returns the body of an HTTP response that refuses a client, and the report in it.
fn in_response(response: &HttpResponse) -> (Data, Data) {
    let body = std::str::from_utf8(&response.body).unwrap_or_default();
    let json = serde_json::from_str::<serde_json::Value>(body)
        .map(Data::from)
        .unwrap_or_else(|_| Data::from(body));
    let message = json.get("message").cloned().unwrap_or_else(|| json.clone());
    let code = json.get("code").cloned().unwrap_or_default();
    let report = Data::object([
        ("status", Data::from(u64::from(response.status))),
        ("message", message),
        ("code", code),
    ]);
    (json, report)
}

/// Returns how the target reports the expected reason of a refusal, according to its manifest. Returns `None` if the
/// manifest does not say it, or if the scenario expects no certain reason.
fn own_words<'a>(attempt: &'a Attempt<'_>, expected: &Refusal) -> Option<&'a Matcher> {
    let refusals = &attempt.target.manifest.refusals;
    refusals.get(&expected.reason?)
}

/// Returns true if a refusal says why, in words of the target's own choice. An HTTP response says it by its status.
fn gives_reason(report: &Data) -> bool {
    let message = report.get("message").and_then(Data::as_str);
    message.is_some_and(|message| !message.trim().is_empty())
        || report
            .get("status")
            .is_some_and(|status| status.as_u64().is_some())
}

fn describe(attempt: &Attempt<'_>, expected: &Refusal) -> String {
    let report = own_words(attempt, expected).unwrap_or(&expected.report);
    let report = report.describe(&attempt.scope());
    match expected.reason {
        Some(reason) => format!("a refusal {report} with the reason `{}`", reason.name()),
        None => format!("a refusal {report}"),
    }
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

/// Waits for a refusal after the reply to CONNECT: one report, then DISCONNECT or the end of the connection.
async fn late_refusal(
    attempt: &Attempt<'_>,
    judging: &Judging<'_>,
) -> StepResult<Result<Data, Finding>> {
    let (client, words) = (judging.client, &judging.words);
    let link = any_link(client)?;
    let namespace = client.state().namespace.clone();
    let manifest = &attempt.target.manifest;
    let mut report = None;
    let mut claim = None;
    let waited = wait_lawfully(
        attempt,
        (client, &link),
        0,
        clock::now() + judging.limit,
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
    .await?;
    if let Some(index) = claim {
        link.state().received.claim(index);
    }
    if link.envelopes.is_some() && !matches!(waited, Waited::TimedOut) {
        link.state().requests.expect_end();
    }
    Ok(match (waited, report) {
        (Waited::Found(()) | Waited::Ended(_), Some(report)) => Ok(report),
        (Waited::Ended(ended), None) if link.envelopes.is_some() && ended.code.is_some() => {
            let report = report_in_close(&ended);
            let places = &manifest.report_places;
            Ok(places.apply(std::slice::from_ref(&report), report.clone()))
        }
        (Waited::Found(()) | Waited::Ended(_), None) => Err(Finding::new(
            FailureKind::RefusalNotReported,
            format!("The server accepted {words}, and then disconnected it without a report of a refusal."),
        )
        .received(evidence::came_since(&link, 0))),
        (Waited::TimedOut, _) => Err(Finding::new(
            FailureKind::NotRefused,
            format!("The server accepted {words}; it has to refuse it."),
        )
        .received(evidence::came_since(&link, 0))),
    })
}

/// Returns the report in the close frame with which a plain WebSocket refuses a client.
fn report_in_close(ended: &Ended) -> Data {
    let code = ended.code.map_or(0, |code| u64::from(code.0));
    Data::object([
        ("status", Data::from(code)),
        ("message", Data::from(ended.reason.as_str())),
    ])
}
