//! Waits for the answer to a call: an acknowledgement, an event with the result, or both.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    client::{Entry, What},
    clock,
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{Finding, StepResult, evidence, failure_kind::FailureKind},
        journal::refusal_reports::in_event,
        play::attempt::Attempt,
        silence::claim::Request,
        waiting::{Waited, lawful_wait::wait_lawfully, wait_in},
    },
    scenario::Step,
    text::excerpt,
    wire::socket_io::Packet,
};

/// How long the awaited result may still take after another event of the same name has come.
const AFTER_ANOTHER: Duration = Duration::from_secs(1);

/// A call that a client has sent, and whose answer the step waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'q> {
    /// The client that sent the call.
    pub(super) client: &'q Arc<Client>,
    /// The connection that carried the call.
    pub(super) link: &'q Arc<Link>,
    /// The event, with its ack id.
    pub(super) request: &'q Request,
    /// The index of the first journal entry after the call was sent.
    pub(super) from: usize,
}

/// The form of the answer that a call waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// An acknowledgement.
    Acknowledgement,
    /// An event with the result.
    Event,
}

/// Returns true if the arguments of an event are those that the step expects.
pub(super) type IsExpected<'f> = &'f (dyn Fn(&[Data]) -> bool + Sync);

/// Waits for the answers to a call, in each form that the target's dialect names. Returns the arguments of each.
///
/// An event of the right name can also come for another reason. So the wait prefers an event that `is_expected`.
pub(super) async fn await_answers(
    attempt: &Attempt<'_>,
    step: &Step,
    question: &Question<'_>,
    is_expected: IsExpected<'_>,
) -> StepResult<Vec<Vec<Data>>> {
    let deadline = attempt.deadline(step)?;
    let mut answers = Vec::new();
    if attempt.target.manifest.acknowledges() {
        let waited = await_ack(attempt, question, deadline).await?;
        answers.push(answer(
            attempt,
            step,
            question,
            Form::Acknowledgement,
            waited,
        )?);
    }
    if question.request.replied.is_some() {
        let waited = await_event(attempt, question, deadline, is_expected).await?;
        answers.push(answer(attempt, step, question, Form::Event, waited)?);
    }
    Ok(answers)
}

/// Returns the arguments of an answer, or the breach if no answer came.
fn answer(
    attempt: &Attempt<'_>,
    step: &Step,
    question: &Question<'_>,
    form: Form,
    waited: Waited<Reaction>,
) -> StepResult<Vec<Data>> {
    let name = &question.client.spec.name;
    let event = &question.request.event;
    match waited {
        Waited::Found(Reaction::Answered(args)) => Ok(args),
        Waited::Found(Reaction::Refused(index)) => {
            Err(refused(attempt, question, form, index).breach())
        }
        Waited::Ended(ended) => Err(Finding::new(
            FailureKind::ConnectionEnded,
            match form {
                Form::Acknowledgement => {
                    format!("{name}'s connection ended before the server acknowledged `{event}`.")
                }
                Form::Event => format!(
                    "{name}'s connection ended before the server sent the result of `{event}`."
                ),
            },
        )
        .expected(question.expected(form))
        .missed_by(name)
        .received(evidence::describe_end(&ended))
        .breach()),
        Waited::TimedOut => {
            let limit = attempt.describe_limit(step, attempt.limit(step)?);
            let missed = match form {
                Form::Acknowledgement => {
                    format!("The server did not acknowledge {name}'s `{event}`")
                }
                Form::Event => {
                    format!("The server did not send {name} {}", question.expected(form))
                }
            };
            Err(Finding::new(
                FailureKind::NotAcknowledged,
                format!("{missed} within {limit}."),
            )
            .gist(format!("{missed}."))
            .expected(question.expected(form))
            .missed_by(name)
            .received(evidence::came_since(question.link, question.from))
            .breach())
        }
    }
}

/// How the server reacted to a call.
enum Reaction {
    /// The server answered the call with these arguments.
    Answered(Vec<Data>),
    /// The journal entry at this index refuses the call, or perhaps another request.
    Refused(usize),
}

/// Waits until the server acknowledges or refuses the call.
async fn await_ack(
    attempt: &Attempt<'_>,
    question: &Question<'_>,
    deadline: Instant,
) -> StepResult<Waited<Reaction>> {
    let journal = question.link.connection.journal();
    let of = (&**question.client, &**question.link);
    let mut from = question.from;
    loop {
        let waited = wait_lawfully(attempt, of, from, deadline, |index, entry| {
            question
                .acknowledgement(entry)
                .or_else(|| question.refusal(attempt, index, entry))
        })
        .await?;
        let Waited::Found(Reaction::Refused(index)) = waited else {
            return Ok(waited);
        };
        // The report can answer another request of the client.
        if !is_refused(attempt, question) {
            from = index + 1;
            continue;
        }
        let soon = deadline.min(clock::now() + attempt.target.settle);
        let late = wait_in(journal, index + 1, soon, |_, entry| {
            question.acknowledgement(entry)
        });
        return Ok(match late.await {
            Waited::Found(acknowledged) => Waited::Found(acknowledged),
            Waited::Ended(_) | Waited::TimedOut => Waited::Found(Reaction::Refused(index)),
        });
    }
}

/// What a wait for the event with the result has found.
enum Seen {
    /// The event is the expected one.
    Expected(Vec<Data>),
    /// The event at this index has the right name, but other arguments.
    Another(usize, Vec<Data>),
    /// The journal entry at this index refuses the call, or perhaps another request.
    Refused(usize),
}

/// Waits for the event with the result of the call, or for a refusal. Claims the event.
async fn await_event(
    attempt: &Attempt<'_>,
    question: &Question<'_>,
    deadline: Instant,
    is_expected: IsExpected<'_>,
) -> StepResult<Waited<Reaction>> {
    let of = (&**question.client, &**question.link);
    let (mut from, mut until) = (question.from, deadline);
    let mut another = None;
    loop {
        let waited = wait_lawfully(attempt, of, from, until, |index, entry| {
            let Some(args) = question.request.result(entry) else {
                let refused = question.refusal(attempt, index, entry);
                return refused.map(|_| Seen::Refused(index));
            };
            let args = args.to_vec();
            if !is_expected(&args) {
                let is_free = !question.link.state().received.is_claimed(index);
                return is_free.then_some(Seen::Another(index, args));
            }
            let claimed = question.link.state().received.claim_unclaimed(index);
            claimed.then_some(Seen::Expected(args))
        });
        match (waited.await?, another.take()) {
            (Waited::Found(Seen::Expected(args)), _) => {
                return Ok(Waited::Found(Reaction::Answered(args)));
            }
            (Waited::Found(Seen::Another(index, args)), first) => {
                from = index + 1;
                until = deadline.min(clock::now() + AFTER_ANOTHER);
                another = first.or(Some((index, args)));
            }
            (Waited::Found(Seen::Refused(index)), first) => {
                if is_refused(attempt, question) {
                    return Ok(Waited::Found(Reaction::Refused(index)));
                }
                from = index + 1;
                another = first;
            }
            (Waited::Ended(_) | Waited::TimedOut, Some((index, args))) => {
                question.link.state().received.claim(index);
                return Ok(Waited::Found(Reaction::Answered(args)));
            }
            (Waited::Ended(ended), None) => return Ok(Waited::Ended(ended)),
            (Waited::TimedOut, None) => return Ok(Waited::TimedOut),
        }
    }
}

impl Question<'_> {
    /// Returns the acknowledgement of this call if the entry holds it.
    fn acknowledgement(&self, entry: &Entry) -> Option<Reaction> {
        let args = self.request.acknowledgement(entry)?;
        Some(Reaction::Answered(args.to_vec()))
    }

    /// Returns the refusal if the entry is an event or a DISCONNECT that can refuse this call. No acknowledgement
    /// follows such a refusal.
    fn refusal(&self, attempt: &Attempt<'_>, index: usize, entry: &Entry) -> Option<Reaction> {
        let is_refusal = match &entry.what {
            What::Socket(Packet::Disconnect { namespace }) => *namespace == self.request.namespace,
            _ => in_event(&attempt.target.manifest, entry).is_some(),
        };
        is_refusal.then_some(Reaction::Refused(index))
    }

    /// Returns the answer that the call waits for, as a noun with its article.
    fn expected(&self, form: Form) -> String {
        match (form, &self.request.replied) {
            (Form::Event, Some(replied)) if replied.is_empty() => format!(
                "a message with the result of `{}`, without an envelope",
                self.request.event
            ),
            (Form::Event, Some(replied)) => format!(
                "the event `{replied}` with the result of `{}`",
                self.request.event
            ),
            (Form::Acknowledgement, _) | (Form::Event, None) => {
                format!("an acknowledgement with id {}", self.request.id)
            }
        }
    }
}

/// Returns true if the server has refused this call, and not another request of the client.
fn is_refused(attempt: &Attempt<'_>, question: &Question<'_>) -> bool {
    let mut guard = question.link.state();
    let state = &mut *guard;
    {
        let entries = question.link.connection.journal().entries();
        state.requests.read(&attempt.target.manifest, &entries);
    }
    let request = question.request;
    let fates = state.requests.fates(&state.received);
    let own = fates.into_iter().rev().find(|(sent, _)| {
        let event = sent.event.as_ref();
        event.is_some_and(|event| {
            event.id == Some(request.id) && event.namespace == request.namespace
        })
    });
    own.is_some_and(|(_, fate)| fate.is_surely_rejected())
}

/// Returns the finding about a call that the server refused by the journal entry at `index`.
fn refused(attempt: &Attempt<'_>, question: &Question<'_>, form: Form, index: usize) -> Finding {
    let entries = question.link.connection.journal().entries();
    let entry = entries.get(index);
    let report = entry.and_then(|entry| in_event(&attempt.target.manifest, entry));
    let duty = match form {
        Form::Acknowledgement => "acknowledge it",
        Form::Event => "send its result",
    };
    let (name, event) = (&question.client.spec.name, &question.request.event);
    let finding = match report {
        // The server may have done what the request asks for: `kick-me` ends in a DISCONNECT.
        None => Finding::new(
            FailureKind::NotAcknowledged,
            format!(
                "The server disconnected {name} from {} before it answered {name}'s `{event}`; it has to {duty}.",
                question.request.namespace
            ),
        ),
        Some(report) => wrongly_refused(question, &refusal_in_words(&report), duty),
    };
    finding
        .expected(question.expected(form))
        .received(entry.map_or_else(String::new, |entry| evidence::line_on(question.link, entry)))
}

/// Returns the code and the message of a report, shortened.
pub(super) fn refusal_in_words(report: &Data) -> String {
    let texts = ["code", "message"].map(|key| {
        let value = report.get(key)?;
        let text = value.as_str().map(str::to_owned);
        Some(text.unwrap_or_else(|| value.to_string()))
    });
    excerpt(&texts.into_iter().flatten().collect::<Vec<_>>().join(": "))
}

/// Returns the finding about a call that the server refused. `how` is the refusal, `duty` what the server has to do.
pub(super) fn wrongly_refused(question: &Question<'_>, how: &str, duty: &str) -> Finding {
    let how = match how {
        "" => String::new(),
        how => format!(" ({how})"),
    };
    let sentence = format!(
        "The server refused {}'s `{}`{how}; it has to {duty}.",
        question.client.spec.name, question.request.event
    );
    Finding::new(FailureKind::WronglyRefused, sentence)
}
