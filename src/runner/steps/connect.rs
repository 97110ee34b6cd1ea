//! `connect`: open a connection if the client has none, and join a namespace on it.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    admission::{Admission, Judging, await_admission, handshake_finding},
    connect_in_words::connect_in_words,
    log_in::log_in,
    options::options,
    refused,
};
use crate::{
    client::{ConnectFailure, DropHow, Envelopes, Layer, Options},
    clock,
    data::Data,
    runner::{
        clients::{
            Client, Link, entrance,
            presented::{self, Awaited, Login},
        },
        findings::{
            Finding, Obstacle, StepResult, Stop, error_kind::ErrorKind, failure_kind::FailureKind,
        },
        matching::values,
        plan::way_in,
        play::attempt::Attempt,
    },
    scenario::{Connect, ConnectAnswer, ConnectOptions, Matcher, Step, Template},
    targets::{MAIN, Speaks},
    wire::socket_io::Packet,
};

/// How often a client comes to a server before it gives up to enter.
const VISITS: usize = 4;

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, connect: &Connect) -> StepResult {
    let limit = attempt.limit(step)?;
    let actors = attempt.actors(step);
    let joins = actors
        .iter()
        .map(|client| one(attempt, client, connect, limit));
    futures_util::future::try_join_all(joins).await.map(|_| ())
}

/// Connects the declared clients that have to be connected before the first step.
///
/// The first client of each namespace joins before the others. A server may create a namespace at its first CONNECT,
/// and one that fails at two CONNECTs at once fails in a scenario about that, not here by chance in any scenario.
pub(in crate::runner) async fn declared_clients(attempt: &Attempt<'_>) -> StepResult {
    let connecting = attempt
        .declared
        .all()
        .iter()
        .filter(|client| client.spec.connect);
    let mut entered = Vec::new();
    let (first, others): (Vec<_>, Vec<_>) = connecting.partition(|client| {
        let namespace = client.spec.options.namespace.as_ref();
        namespace.is_some_and(|namespace| {
            let is_first = !entered.contains(&namespace);
            entered.extend(is_first.then_some(namespace));
            is_first
        })
    });
    all_at_once(attempt, first).await?;
    all_at_once(attempt, others).await
}

async fn all_at_once(attempt: &Attempt<'_>, clients: Vec<&Arc<Client>>) -> StepResult {
    let plain = &Connect::default();
    let limit = attempt.scenario.within.unwrap_or(attempt.target.within);
    let joins = clients.into_iter().map(|client| async move {
        one(attempt, client, plain, limit)
            .await
            .map_err(|stop| stop.at(client.spec.span))
    });
    futures_util::future::try_join_all(joins).await.map(|_| ())
}

/// Connects the bystander, a client that the runner adds to check that the server still serves other clients.
///
/// The application may refuse the bystander. The bystander's Engine.IO session stays open even then, and the runner can
/// send WebSocket pings on it. The server breaks a rule if it refuses the handshake or does not answer CONNECT, as it
/// does if it treats a declared client like that.
pub(in crate::runner) async fn bystander(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
) -> StepResult {
    let name = &client.spec.name;
    let limit = attempt.limited(attempt.target.within);
    let plain = ConnectOptions::default();
    let has_events = attempt.target.manifest.dialect.has_events();
    let below = match attempt.target.manifest.dialect.speaks {
        _ if has_events && attempt.target.admits_anonymous() => None,
        Speaks::WebSocket => Some(Layer::WebSocket),
        Speaks::EngineIo => Some(Layer::EngineIo),
        Speaks::SocketIo => Some(Layer::EngineIo),
    };
    if let Some(layer) = below {
        entrance::before(attempt, client, Login::Manifest).await?;
        let options = options(attempt, client, &plain, layer, limit, Login::Manifest)?;
        return match open(attempt, client, &options).await? {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_ours() => Err(unreachable(&name.0, &failure).unjudged()),
            Err(failure) => Err(handshake_finding(name, &failure).breach()),
        };
    }
    match join(attempt, client, &plain, limit, Awaited::Acceptance).await? {
        Admission::Joined(_) | Admission::Refused(_) => Ok(()),
        Admission::RefusedHandshake(failure) => Err(handshake_finding(name, &failure).breach()),
    }
}

async fn one(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    connect: &Connect,
    limit: Duration,
) -> StepResult {
    let is_about_logins = way_in::is_about_logins(attempt.scenario);
    let awaited = match &connect.answer.strict {
        ConnectAnswer::Refused(refused) if refused.reason.is_some() => Awaited::Refusal,
        ConnectAnswer::Refused(_) | ConnectAnswer::Rejected(_) if is_about_logins => {
            Awaited::Refusal
        }
        ConnectAnswer::Joined(_) | ConnectAnswer::Refused(_) | ConnectAnswer::Rejected(_) => {
            Awaited::Acceptance
        }
    };
    let admission = join(attempt, client, &connect.options, limit, awaited).await?;
    if connect.may_refuse && admission.is_refusal() {
        let name = &client.spec.name;
        let sentence = format!("The server refuses {name}, and may do so.");
        return Err(Obstacle::new(sentence).inapplicable());
    }
    let judging = Judging {
        client,
        words: connect_in_words(
            attempt,
            client,
            &connect.options,
            &namespace_of(attempt, client, &connect.options)?,
        ),
        limit,
    };
    let judged = judge(attempt, &judging, &connect.answer.strict, &admission).await?;
    let Err(stop) = judged else { return Ok(()) };
    if let Some(lenient) = &connect.answer.lenient
        && judge(attempt, &judging, lenient, &admission).await?.is_ok()
    {
        if let Stop::Breach(finding) = stop {
            attempt.warn(*finding);
        }
        return Ok(());
    }
    Err(stop)
}

/// Compares the server's answer to CONNECT with what the step expects. The inner result is the judgement; the outer
/// error says that the scenario can't be judged.
async fn judge(
    attempt: &Attempt<'_>,
    judging: &Judging<'_>,
    answer: &ConnectAnswer,
    admission: &Admission,
) -> StepResult<StepResult> {
    match answer {
        ConnectAnswer::Joined(reply) => joined(attempt, judging, reply.as_ref(), admission),
        ConnectAnswer::Refused(expected) => {
            refused::at_connect(attempt, judging, expected, admission).await
        }
        ConnectAnswer::Rejected(expected) => rejected(attempt, judging, expected, admission),
    }
}

/// Judges the server's answer to a client that the server has to let in.
fn joined(
    attempt: &Attempt<'_>,
    judging: &Judging<'_>,
    reply: Option<&Matcher>,
    admission: &Admission,
) -> StepResult<StepResult> {
    let (name, words) = (&judging.client.spec.name, &judging.words);
    Ok(match (admission, reply) {
        (Admission::Joined(_), None) => Ok(()),
        (Admission::Joined(payload), Some(expected)) => {
            values::check(attempt, expected, payload.as_ref())?.map_err(|mismatch| {
                let subject = format!("The reply to {words}");
                Finding::wrong(FailureKind::WrongContent, &subject, &mismatch).breach()
            })
        }
        (Admission::Refused(payload), _) => Err(Finding::new(
            FailureKind::WronglyRefused,
            format!("The server refused {words}; it has to accept it."),
        )
        .expected("CONNECT")
        .received(format!("CONNECT_ERROR {payload}"))
        .breach()),
        (Admission::RefusedHandshake(failure), _) => Err(handshake_finding(name, failure).breach()),
    })
}

/// Judges the server's answer to a client that the server has to refuse with CONNECT_ERROR.
fn rejected(
    attempt: &Attempt<'_>,
    judging: &Judging<'_>,
    expected: &Matcher,
    admission: &Admission,
) -> StepResult<StepResult> {
    let (name, words) = (&judging.client.spec.name, &judging.words);
    let wanted = || format!("CONNECT_ERROR {}", expected.describe(&attempt.scope()));
    Ok(match admission {
        Admission::Refused(payload) => {
            let places = &attempt.target.manifest.report_places;
            let payload = places.in_connect_error(payload);
            values::check(attempt, expected, Some(&payload))?.map_err(|mismatch| {
                let subject = format!("The CONNECT_ERROR that answers {words}");
                Finding::wrong(FailureKind::WrongRefusal, &subject, &mismatch).breach()
            })
        }
        Admission::Joined(payload) => {
            let payload = payload.as_ref().map(ToString::to_string);
            Err(Finding::new(
                FailureKind::NotRefused,
                format!("The server accepted {words}; it has to refuse it."),
            )
            .expected(wanted())
            .received(format!("CONNECT {}", payload.unwrap_or_default()))
            .breach())
        }
        Admission::RefusedHandshake(failure) => {
            let finding = Finding {
                kind: FailureKind::WrongRefusal,
                ..handshake_finding(name, failure)
            };
            Err(finding.expected(wanted()).breach())
        }
    })
}

/// Opens a connection. On a plain WebSocket, the client also enters the application; it comes again if it fails to
/// enter, because a busy machine can be too slow for the deadline of a login.
pub(super) async fn open(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    options: &Options,
) -> StepResult<Result<Arc<Link>, ConnectFailure>> {
    let mut visits = 1;
    loop {
        let link = match client.open(&attempt.target.endpoint, options).await {
            Ok(link) if link.layer == Layer::WebSocket => link,
            opened => return Ok(opened),
        };
        match entrance::after(attempt, client).await {
            Ok(()) => {
                if let Some(envelopes) = &options.envelopes {
                    envelopes.close();
                }
                return Ok(Ok(link));
            }
            Err(stop) if visits == VISITS => return Err(stop),
            Err(_) => visits += 1,
        }
        link.connection.end(DropHow::Close).await;
    }
}

/// Opens a connection unless the client has a usable one, joins the namespace, and enters the application on a new
/// connection.
pub(super) async fn join(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    step: &ConnectOptions,
    limit: Duration,
    awaited: Awaited,
) -> StepResult<Admission> {
    let declared = &client.spec.options;
    let login = log_in(attempt, client, step, awaited).await?;
    let namespace = namespace_of(attempt, client, step)?;
    let open = client.link().filter(|link| {
        link.layer == Layer::SocketIo && !link.has_ended() && !step.shapes_handshake()
    });
    if open.is_some() {
        check_open(attempt, client, &namespace, login)?;
    }
    // Send the `auth` that the client declares on a new connection, or for the namespace that the client declares. A
    // further namespace on the same connection does not get it.
    let is_home = namespace == declared_namespace(attempt, client)?;
    let own = (open.is_none() || is_home).then_some(declared.auth.as_ref());
    let auth = step.auth.as_ref().or(own.flatten());
    let auth = payload(attempt, client, login, auth)?;
    let (is_new, deadline) = (open.is_none(), clock::now() + limit);
    let envelopes = attempt.target.manifest.envelopes(&namespace);
    let joins_by_opening = envelopes.is_some();
    let link = match open {
        Some(link) => link,
        None => {
            let mut options = options(attempt, client, step, Layer::SocketIo, limit, login)?;
            if let Some(envelopes) = envelopes {
                envelope_options(&mut options, envelopes, &namespace, auth.as_ref());
            }
            match client.open(&attempt.target.endpoint, &options).await {
                Ok(link) => link,
                Err(failure) if failure.is_ours() => {
                    return Err(unreachable(&client.spec.name.0, &failure).unjudged());
                }
                Err(failure) => return Ok(Admission::RefusedHandshake(failure)),
            }
        }
    };
    // In revision 3, the server joins the client to the main namespace without a CONNECT packet from the client
    // (Socket.IO v4, "Connection to the default namespace").
    let from = if joins_by_opening || (link.eio == 3 && namespace == MAIN) {
        0
    } else {
        send_connect(&link, &namespace, auth)
    };
    attempt.note_sent(client);
    attempt.note_other_cause();
    let admission = await_admission(attempt, client, &link, &namespace, from, deadline).await?;
    if is_new && matches!(admission, Admission::Joined(_)) {
        settle_in(attempt, client, &link, (login, deadline)).await?;
    }
    Ok(admission)
}

/// Sends a CONNECT packet. Returns the index of the first journal entry that can hold the answer.
fn send_connect(link: &Link, namespace: &str, payload: Option<Data>) -> usize {
    let from = link.connection.journal().entries().len();
    link.note_user(namespace, payload.as_ref());
    link.connection.send(&Packet::Connect {
        namespace: namespace.to_owned(),
        payload,
    });
    from
}

/// Returns the payload of a CONNECT packet, from the scenario and from the manifest.
fn payload(
    attempt: &Attempt<'_>,
    client: &Client,
    login: Login,
    own: Option<&Template>,
) -> StepResult<Option<Data>> {
    let own = own.map(|template| template.render(&attempt.scope()));
    // Treat `null` as no auth data, so that a row of a scenario table can leave the auth data out.
    let own = own.transpose()?.filter(|auth| *auth != Data::Null);
    let defaults = &attempt.target.manifest.way_in.clients;
    let scope = attempt.scope_of(client);
    Ok(presented::auth(defaults, &scope, login, own)?)
}

/// Enters the application on a connection that has just joined its namespace, and joins the namespaces in which the
/// target has the scenario's events, as its bindings say.
async fn settle_in(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    link: &Arc<Link>,
    (login, deadline): (Login, Instant),
) -> StepResult {
    entrance::after(attempt, client).await?;
    let home = client.state().namespace.clone();
    for other in attempt.bound.iter().filter(|other| **other != home) {
        join_bound(attempt, client, link, other, (login, deadline)).await?;
    }
    client.state().namespace = home;
    Ok(())
}

/// Joins a namespace in which the target has an event of the scenario, as its bindings say.
async fn join_bound(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    link: &Arc<Link>,
    namespace: &str,
    (login, deadline): (Login, Instant),
) -> StepResult {
    let auth = payload(attempt, client, login, None)?;
    let from = send_connect(link, namespace, auth);
    let admission = await_admission(attempt, client, link, namespace, from, deadline).await?;
    let judging = Judging {
        client,
        words: connect_in_words(attempt, client, &ConnectOptions::default(), namespace),
        limit: attempt.limited(attempt.target.within),
    };
    joined(attempt, &judging, None, &admission)?
}

/// Refuses what a client can't do on an open connection: join a further namespace of a plain WebSocket, and show a
/// token that the target takes from the handshake.
fn check_open(attempt: &Attempt<'_>, client: &Client, namespace: &str, login: Login) -> StepResult {
    let manifest = &attempt.target.manifest;
    let name = &client.spec.name;
    let sentence = if manifest.dialect.envelope.is_some() {
        format!(
            "{name} joins {namespace} on an open connection; a plain WebSocket can't join a namespace."
        )
    } else if login == Login::ScenarioInPlace && !manifest.way_in.clients.has_token_in_auth() {
        format!(
            "{name} shows a token for {namespace} on an open connection, but the manifest's `clients` put the token into the handshake."
        )
    } else {
        return Ok(());
    };
    Err(Obstacle::new(sentence).inapplicable())
}

/// Sets the options of a connection to a plain WebSocket. Its namespace is the path of the endpoint, and the fields of
/// the `auth` payload stand in its query, because there is no CONNECT packet.
fn envelope_options(
    options: &mut Options,
    envelopes: Envelopes,
    namespace: &str,
    auth: Option<&Data>,
) {
    options.envelopes = Some(envelopes);
    if namespace != "/" {
        options.path.get_or_insert_with(|| namespace.to_owned());
    }
    let fields = auth.and_then(Data::as_object).into_iter().flatten();
    let is_named = |name: &str| fields.clone().any(|(field, _)| field == name);
    options.query.retain(|(name, _)| !is_named(name));
    options.query.extend(
        fields
            .filter(|(_, value)| **value != Data::Null)
            .map(|(name, value)| {
                let text = value.as_str().map(str::to_owned);
                (name.clone(), text.unwrap_or_else(|| value.to_string()))
            }),
    );
}

/// Returns the namespace that a CONNECT with these options joins.
fn namespace_of(
    attempt: &Attempt<'_>,
    client: &Client,
    step: &ConnectOptions,
) -> StepResult<String> {
    match &step.namespace {
        Some(template) => attempt.namespace(template),
        None => declared_namespace(attempt, client),
    }
}

fn declared_namespace(attempt: &Attempt<'_>, client: &Client) -> StepResult<String> {
    match &client.spec.options.namespace {
        Some(template) => attempt.namespace(template),
        None => Ok(attempt.home.clone()),
    }
}

/// Returns why the scenario can't be judged: a client can't reach the server.
pub(super) fn unreachable(name: &str, failure: &ConnectFailure) -> Obstacle {
    not_judged(format!("{name} can't connect: {failure}."), failure)
}

/// Returns why the scenario can't be judged: a connection or a request failed, and the server is not to blame.
pub(super) fn not_judged(sentence: String, failure: &ConnectFailure) -> Obstacle {
    let obstacle = Obstacle::new(sentence);
    match failure {
        ConnectFailure::TooLarge { .. } | ConnectFailure::TooMuch { .. } => {
            obstacle.kind(ErrorKind::MoreThanTaken)
        }
        ConnectFailure::Ended { .. }
        | ConnectFailure::Handshake { .. }
        | ConnectFailure::NotHttp { .. }
        | ConnectFailure::OpenPacket { .. }
        | ConnectFailure::Refused { .. }
        | ConnectFailure::Reset { .. }
        | ConnectFailure::TimedOut { .. }
        | ConnectFailure::Tls { .. }
        | ConnectFailure::Unreachable { .. }
        | ConnectFailure::Upgrade { .. } => obstacle,
    }
}
