//! `call`: an event that asks for an acknowledgement, and what the server answers.

use std::sync::Arc;

use super::{
    acknowledgement::{Question, await_answers, refusal_in_words, wrongly_refused},
    links::open_link,
    refused, text_limit,
};
use crate::{
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{Finding, Obstacle, StepResult, failure_kind::FailureKind},
        journal::requests::{Author, SentEvent},
        matching::values,
        play::attempt::Attempt,
        silence::{
            self,
            claim::{Checked, Counted, Never, Request, Silence, Watch},
        },
        translation::namespaces,
    },
    scenario::{Accepted, Answer, Call, Matcher, Operation, Step},
    targets::AckPattern,
    text::excerpt,
    wire::socket_io::{AckId, Packet},
};

/// An event as it goes over the wire.
#[derive(Debug)]
pub(super) struct Outbound {
    /// The event's name in the scenario, which is the contract's name.
    pub(super) spoken: String,
    pub(super) namespace: String,
    /// The event's name on the wire, which is the target's name.
    pub(super) name: String,
    pub(super) args: Vec<Data>,
}

impl Outbound {
    /// Returns the event as the connection remembers it, with its ack id.
    pub(super) fn sent(&self, id: Option<AckId>) -> SentEvent {
        SentEvent {
            spoken: self.spoken.clone(),
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            id,
        }
    }
}

/// Returns the event that a step sends, with the target's names in place of the contract's names.
pub(super) fn outbound(
    attempt: &Attempt<'_>,
    client: &Client,
    operation: &Operation,
) -> StepResult<Outbound> {
    let scope = attempt.scope().clone();
    let name = operation.name.render_text(&scope)?;
    let with = operation
        .with
        .as_ref()
        .map(|template| template.render(&scope))
        .transpose()?;
    let args = operation.args.as_ref();
    let args = args.map(|args| args.render(&scope)).transpose()?;
    let args = args.unwrap_or_else(|| with.into_iter().collect());
    check_arguments(attempt, &args)?;
    text_limit::check(attempt, &args)?;
    text_limit::check_room_names(attempt, &name, &args)?;
    let outgoing = attempt
        .target
        .manifest
        .bindings
        .outgoing(&name, args, &scope)?;
    let namespace = match &operation.namespace {
        Some(template) => attempt.namespace(template)?,
        None => outgoing
            .namespace
            .unwrap_or_else(|| client.state().namespace.clone()),
    };
    check_envelope(attempt, client, &namespace, &outgoing.args)?;
    Ok(Outbound {
        spoken: name,
        namespace,
        name: outgoing.event,
        args: outgoing.args,
    })
}

/// Refuses an event with several arguments if the target's envelopes carry one payload.
fn check_arguments(attempt: &Attempt<'_>, args: &[Data]) -> StepResult {
    let manifest = &attempt.target.manifest;
    let carries_several =
        manifest.dialect.envelope.is_none() || manifest.provides.contains("several-arguments");
    if args.len() < 2 || carries_several {
        return Ok(());
    }
    let sentence =
        "The step sends several arguments, and the target does not provide `several-arguments`.";
    Err(Obstacle::new(sentence).inapplicable())
}

/// Refuses an event that an envelope of the target can't carry.
fn check_envelope(
    attempt: &Attempt<'_>,
    client: &Client,
    namespace: &str,
    args: &[Data],
) -> StepResult {
    let Some(envelope) = &attempt.target.manifest.dialect.envelope else {
        return Ok(());
    };
    let sentence = if namespace != client.state().namespace {
        format!(
            "The step sends an event in {namespace}, which is not the client's own namespace; a plain WebSocket has only one."
        )
    } else if !envelope.carries(args) {
        "The step sends arguments that an envelope of the target can't carry.".to_owned()
    } else {
        return Ok(());
    };
    Err(Obstacle::new(sentence).inapplicable())
}

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, call: &Call) -> StepResult {
    let actors = attempt.actors(step);
    let watch = attempt.watch(step)?;
    let calls = actors
        .iter()
        .map(|client| one(attempt, step, call, client, watch));
    let of_each = futures_util::future::try_join_all(calls).await?;
    // Prove for all clients together that nothing forbidden comes. Each proof makes a round trip with every client, so
    // one proof per client would need as many round trips as the square of their number.
    let mut claims = match &call.answer.strict {
        Answer::Refused(_) => refused::no_other_report(attempt, step, watch),
        Answer::Any
        | Answer::None
        | Answer::NoSuccess
        | Answer::Replies(_)
        | Answer::Reply(_)
        | Answer::Success => Vec::new(),
    };
    claims.extend(of_each.into_iter().flatten());
    if claims.is_empty() {
        return Ok(());
    }
    silence::claim(attempt, claims).await
}

/// Performs the call of one client. If the step says that no further acknowledgement may come, returns this claim, so
/// that the caller checks it.
async fn one(
    attempt: &Attempt<'_>,
    step: &Step,
    call: &Call,
    client: &Arc<Client>,
    watch: Option<Watch>,
) -> StepResult<Option<Silence>> {
    attempt.pace(client, 1).await;
    let link = open_link(client)?;
    let (request, from) = ask(attempt, call, client, &link)?;
    let question = Question {
        client,
        link: &link,
        request: &request,
        from,
    };
    match &call.answer.strict {
        Answer::None => Ok(Some(never_acked(step, &question, Counted::All, watch))),
        Answer::NoSuccess => Ok(Some(never_acked(
            step,
            &question,
            Counted::Successes,
            watch,
        ))),
        Answer::Refused(expected) => {
            let asked = refused::Question::Call {
                request: &request,
                from,
            };
            let index = refused::report(attempt, step, client, &link, expected, asked).await?;
            let never = refused::no_other_acknowledgement(&link, &request, from, index);
            Ok(Some(Silence {
                client: Arc::clone(client),
                never,
                span: step.span,
                level: step.level,
                watch,
            }))
        }
        Answer::Any | Answer::Reply(_) | Answer::Replies(_) | Answer::Success => {
            let expected = Expected::of(attempt, call, &request.event);
            let fits = |args: &[Data]| expected.fits(attempt, &request.event, args);
            for args in await_answers(attempt, step, &question, &fits).await? {
                expected.judge(attempt, &question, args)?;
            }
            if request.replied.is_some() || !matches!(expected, Expected::Anything) {
                accept(&question);
            }
            Ok(None)
        }
    }
}

/// Sends the event of a call. Returns the request, and the index of the first journal entry after it was sent.
fn ask(
    attempt: &Attempt<'_>,
    call: &Call,
    client: &Arc<Client>,
    link: &Arc<Link>,
) -> StepResult<(Request, usize)> {
    let event = outbound(attempt, client, &call.operation)?;
    let manifest = &attempt.target.manifest;
    let request = Request {
        event: event.spoken.clone(),
        namespace: event.namespace.clone(),
        id: link.next_ack(),
        replied: manifest.reply_event(&event.spoken).map(str::to_owned),
    };
    let from = link.connection.journal().entries().len();
    attempt.note_sent(client);
    let sent = event.sent(Some(request.id));
    attempt.note_request(link, Some(sent), Author::Runner);
    link.connection.send(&Packet::Event {
        namespace: event.namespace,
        id: manifest.acknowledges().then_some(request.id),
        name: event.name,
        args: event.args,
    });
    Ok((request, from))
}

/// The form of an acknowledgement, as the manifest describes it.
enum Form<'e> {
    /// The only argument.
    Argument(&'e Matcher),
    /// The form of every acknowledgement that reports success.
    Success(&'e AckPattern),
}

/// What the answer to a call has to be.
enum Expected<'e> {
    /// Any answer is right.
    Anything,
    /// The answer, in the target's own form, that the manifest describes.
    ByManifest(Form<'e>),
    /// The arguments, in the scenario's form, that the step expects and tolerates.
    ByStep {
        strict: &'e [Matcher],
        lenient: Option<&'e [Matcher]>,
    },
    /// Any answer that reports no failure. The manifest does not say how the target reports success.
    Success,
}

impl<'e> Expected<'e> {
    fn of(attempt: &'e Attempt<'_>, call: &'e Call, event: &str) -> Self {
        let manifest = &attempt.target.manifest;
        let binding = manifest.bindings.get(event);
        let own = binding.and_then(|binding| binding.reply.as_ref());
        let answer = &call.answer.strict;
        match answer {
            Answer::Any => own.map_or(Self::Anything, |own| Self::ByManifest(Form::Argument(own))),
            Answer::Success => {
                let success = manifest.acknowledgements.success.as_ref();
                let form = own.map(Form::Argument).or(success.map(Form::Success));
                form.map_or(Self::Success, Self::ByManifest)
            }
            Answer::None
            | Answer::NoSuccess
            | Answer::Refused(_)
            | Answer::Replies(_)
            | Answer::Reply(_) => {
                let lenient = call.answer.lenient.as_ref().and_then(Answer::arguments);
                let strict = answer.arguments();
                strict.map_or(Self::Anything, |strict| Self::ByStep { strict, lenient })
            }
        }
    }

    /// Returns true if the arguments of an answer are those that the step expects or tolerates.
    fn fits(&self, attempt: &Attempt<'_>, event: &str, args: &[Data]) -> bool {
        let manifest = &attempt.target.manifest;
        let meet = |expected: &[Matcher], args: &[Data]| {
            let scope = attempt.scope();
            let mut pairs = expected.iter().zip(args);
            expected.len() == args.len()
                && pairs.all(|(matcher, arg)| {
                    matcher
                        .check(Some(arg), &scope)
                        .is_ok_and(|compared| compared.is_ok())
                })
        };
        match self {
            Self::Anything => true,
            Self::ByManifest(Form::Argument(expected)) => {
                let args = manifest.acknowledgements.result(args.to_vec());
                meet(std::slice::from_ref(*expected), &args)
            }
            Self::ByManifest(Form::Success(pattern)) => pattern.is_met_by(args),
            Self::ByStep { strict, lenient } => {
                let args = returned(attempt, event, args.to_vec());
                meet(strict, &args) || lenient.is_some_and(|lenient| meet(lenient, &args))
            }
            Self::Success => manifest.acknowledgements.failure_in(args).is_none(),
        }
    }

    /// Judges the arguments of an answer.
    fn judge(&self, attempt: &Attempt<'_>, question: &Question<'_>, args: Vec<Data>) -> StepResult {
        let failure = attempt
            .target
            .manifest
            .acknowledgements
            .declared_failure_in(&args);
        match self {
            Self::Anything => Ok(()),
            Self::ByManifest(_) | Self::Success
                if failure.is_some() && !self.fits(attempt, &question.request.event, &args) =>
            {
                let how = refusal_in_words(&failure.unwrap_or_default());
                let received = Data::Array(args).to_string();
                let finding = wrongly_refused(question, &how, "accept it");
                Err(finding
                    .expected("an answer that reports success")
                    .received(received)
                    .breach())
            }
            Self::ByManifest(form) => judge_form(attempt, question, form, args),
            Self::ByStep { strict, lenient } => {
                let args = returned(attempt, &question.request.event, args);
                judge(attempt, question, strict, *lenient, &args)
            }
            Self::Success => judge_success(attempt, question, &args),
        }
    }
}

/// Returns the arguments of an acknowledgement with the scenario's names of fields and namespaces.
fn returned(attempt: &Attempt<'_>, event: &str, args: Vec<Data>) -> Vec<Data> {
    let manifest = &attempt.target.manifest;
    let bindings = &manifest.bindings;
    let mut args = bindings.returned(event, manifest.acknowledgements.result(args));
    if event == "whoami" {
        namespaces::translate_reply(attempt.scenario, &bindings.namespaces, &mut args);
    }
    args
}

/// Judges an answer that has to report success, for a target whose manifest does not say how it does.
fn judge_success(attempt: &Attempt<'_>, question: &Question<'_>, args: &[Data]) -> StepResult {
    if attempt
        .target
        .manifest
        .acknowledgements
        .failure_in(args)
        .is_none()
    {
        return Ok(());
    }
    let received = Data::Array(args.to_vec());
    let sentence = format!(
        "{} reports a failure: {}.",
        subject(question),
        excerpt(&received.to_string())
    );
    Err(Finding::new(FailureKind::WronglyRefused, sentence)
        .expected("an answer that reports success")
        .received(received.to_string())
        .breach())
}

/// Returns the answer to a call, at the start of a sentence.
fn subject(question: &Question<'_>) -> String {
    let what = match question.request.replied {
        Some(_) => "result",
        None => "acknowledgement",
    };
    format!(
        "The {what} of {}'s `{}`",
        question.client.spec.name, question.request.event
    )
}

/// Compares the arguments of an answer with the form that the manifest describes.
fn judge_form(
    attempt: &Attempt<'_>,
    question: &Question<'_>,
    form: &Form<'_>,
    args: Vec<Data>,
) -> StepResult {
    let (only, patterns) = match *form {
        Form::Argument(expected) | Form::Success(AckPattern::Argument(expected)) => {
            (Some(expected), &[][..])
        }
        Form::Success(AckPattern::Arguments { patterns, .. }) => (None, patterns.as_slice()),
    };
    if let Some(expected) = only {
        let args = attempt.target.manifest.acknowledgements.result(args);
        return judge(
            attempt,
            question,
            std::slice::from_ref(expected),
            None,
            &args,
        );
    }
    let subject = subject(question);
    for (index, expected) in patterns.iter().enumerate() {
        if let Some(expected) = expected {
            let expected = Accepted {
                strict: expected,
                lenient: None,
            };
            values::require(attempt, expected, args.get(index), &subject)?;
        }
    }
    Ok(())
}

/// Compares the arguments of an answer with those that are expected and tolerated.
fn judge(
    attempt: &Attempt<'_>,
    question: &Question<'_>,
    strict: &[Matcher],
    lenient: Option<&[Matcher]>,
    args: &[Data],
) -> StepResult {
    let subject = subject(question);
    let wrong_count =
        |expected: &[Matcher]| (expected.len() != args.len()).then_some(expected.len());
    if let Some(count) = wrong_count(strict)
        && lenient.is_none_or(|lenient| wrong_count(lenient).is_some())
    {
        return Err(Finding::new(
            FailureKind::WrongContent,
            format!(
                "{subject} had {} instead of {count}.",
                arguments(args.len())
            ),
        )
        .expected(arguments(count))
        .received(Data::Array(args.to_vec()).to_string())
        .breach());
    }
    for index in 0..args.len() {
        let tolerant = lenient.and_then(|lenient| lenient.get(index));
        let Some(expected) = strict.get(index).or(tolerant) else {
            continue;
        };
        let expected = Accepted {
            strict: expected,
            lenient: tolerant,
        };
        values::require(attempt, expected, args.get(index), &subject)?;
    }
    Ok(())
}

/// Records that the answer is what the step expects, even if it looks like a refusal.
fn accept(question: &Question<'_>) {
    let request = question.request;
    let mut state = question.link.state();
    state.requests.accept(&request.namespace, request.id);
}

fn arguments(count: usize) -> String {
    match count {
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}

/// Returns the claim of silence that the server does not acknowledge the request, or not with an answer that counts.
fn never_acked(
    step: &Step,
    question: &Question<'_>,
    counted: Counted,
    watch: Option<Watch>,
) -> Silence {
    Silence {
        client: Arc::clone(question.client),
        never: Never::Ack {
            link: Arc::clone(question.link),
            request: question.request.clone(),
            allowed: 0,
            counted,
            checked: Checked::before(question.from),
        },
        span: step.span,
        level: step.level,
        watch,
    }
}
