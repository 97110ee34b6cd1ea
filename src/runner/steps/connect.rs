//! `connect`: open a connection if the client has none, and join a namespace on it.

use std::{sync::Arc, time::Duration};

use super::{
    admission::{Admission, await_admission, handshake_finding},
    pairs, refused,
};
use crate::{
    client::{ConnectFailure, Envelopes, Layer, Options, TransportChoice},
    clock,
    data::Data,
    runner::{
        attempt::Attempt,
        clients::Client,
        error_kind::ErrorKind,
        expectation,
        failure_kind::FailureKind,
        finding::{Finding, Obstacle, StepResult, Stop},
    },
    scenario::{Connect, ConnectAnswer, ConnectOptions, Matcher, Step, Template, Transport},
    targets::{MAIN, Speaks},
    wire::socket_io::Packet,
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, connect: &Connect) -> StepResult {
    let limit = attempt.limit(step)?;
    let actors = attempt.actors(step);
    let joins = actors
        .iter()
        .map(|client| one(attempt, client, connect, limit));
    futures_util::future::try_join_all(joins).await.map(|_| ())
}

/// Connects the declared clients that have to be connected before the first step.
pub(in crate::runner) async fn declared_clients(attempt: &Attempt<'_>) -> StepResult {
    let plain = Connect::default();
    let limit = attempt.scenario.within.unwrap_or(attempt.target.within);
    let joins = attempt
        .declared
        .all()
        .iter()
        .filter(|client| client.spec.connect)
        .map(|client| {
            let plain = &plain;
            async move {
                one(attempt, client, plain, limit)
                    .await
                    .map_err(|stop| stop.at(client.spec.span))
            }
        });
    futures_util::future::try_join_all(joins).await.map(|_| ())
}

/// Connects the bystander, a client that the runner adds to check that the server still serves other clients.
///
/// The application may refuse the bystander. The bystander's Engine.IO session stays open even then, and the runner can
/// send WebSocket pings on it.
pub(in crate::runner) async fn bystander(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
) -> StepResult {
    let limit = attempt.target.within;
    let unjudged = |mut obstacle: Obstacle| {
        obstacle.detail.span = None;
        obstacle.unjudged()
    };
    let has_events = attempt.target.manifest.dialect.has_events();
    let below = match attempt.target.manifest.dialect.speaks {
        _ if has_events && attempt.target.admits_anonymous() => None,
        Speaks::WebSocket => Some(Layer::WebSocket),
        Speaks::EngineIo => Some(Layer::EngineIo),
        Speaks::SocketIo => Some(Layer::EngineIo),
    };
    if let Some(layer) = below {
        let plain = ConnectOptions::default();
        let options = options(attempt, client, &plain, layer, limit)?;
        return match client.open(&attempt.target.endpoint, &options).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(unjudged(
                handshake_finding(&client.spec.name, &failure).into(),
            )),
        };
    }
    match join(attempt, client, &ConnectOptions::default(), limit).await {
        Ok(Admission::Joined(_) | Admission::Refused(_)) => Ok(()),
        Ok(Admission::RefusedHandshake(failure)) => Err(unjudged(
            handshake_finding(&client.spec.name, &failure).into(),
        )),
        // The bystander connects before the scenario begins, so a server that refuses the bystander does not fail the
        // scenario.
        Err(Stop::Breach(finding)) => Err(unjudged((*finding).into())),
        Err(Stop::Unjudged(obstacle)) => Err(unjudged(*obstacle)),
        Err(stop @ Stop::Inapplicable(_)) => Err(stop),
    }
}

async fn one(
    attempt: &Attempt<'_>,
    client: &Client,
    connect: &Connect,
    limit: Duration,
) -> StepResult {
    let admission = join(attempt, client, &connect.options, limit).await?;
    let judged = judge(attempt, client, &connect.answer.strict, &admission, limit).await?;
    let Err(stop) = judged else { return Ok(()) };
    if let Some(lenient) = &connect.answer.lenient
        && judge(attempt, client, lenient, &admission, limit)
            .await?
            .is_ok()
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
    client: &Client,
    answer: &ConnectAnswer,
    admission: &Admission,
    limit: Duration,
) -> StepResult<StepResult> {
    match answer {
        ConnectAnswer::Joined(reply) => joined(attempt, client, reply.as_ref(), admission),
        ConnectAnswer::Refused(expected) => {
            refused::at_connect(attempt, client, expected, admission, limit).await
        }
        ConnectAnswer::Rejected(expected) => rejected(attempt, client, expected, admission),
    }
}

/// Judges the server's answer to a client that the server has to let in.
fn joined(
    attempt: &Attempt<'_>,
    client: &Client,
    reply: Option<&Matcher>,
    admission: &Admission,
) -> StepResult<StepResult> {
    let name = &client.spec.name;
    Ok(match (admission, reply) {
        (Admission::Joined(_), None) => Ok(()),
        (Admission::Joined(payload), Some(expected)) => {
            expectation::check(attempt, expected, payload.as_ref())?.map_err(|mismatch| {
                let subject = format!("The CONNECT reply to {name}");
                Finding::wrong(FailureKind::WrongContent, &subject, &mismatch).breach()
            })
        }
        (Admission::Refused(payload), _) => Err(Finding::new(
            FailureKind::WronglyRefused,
            format!("The server refused {name}'s CONNECT; it has to accept it."),
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
    client: &Client,
    expected: &Matcher,
    admission: &Admission,
) -> StepResult<StepResult> {
    let name = &client.spec.name;
    let wanted = || format!("CONNECT_ERROR {}", expected.describe(&attempt.scope()));
    Ok(match admission {
        Admission::Refused(payload) => expectation::check(attempt, expected, Some(payload))?
            .map_err(|mismatch| {
                let subject = format!("The CONNECT_ERROR to {name}");
                Finding::wrong(FailureKind::WrongRefusal, &subject, &mismatch).breach()
            }),
        Admission::Joined(payload) => {
            let payload = payload.as_ref().map(ToString::to_string);
            Err(Finding::new(
                FailureKind::NotRefused,
                format!("The server accepted {name}'s CONNECT; it has to refuse it."),
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

/// Opens a connection unless the client has a usable one, and joins the namespace.
pub(super) async fn join(
    attempt: &Attempt<'_>,
    client: &Client,
    step: &ConnectOptions,
    limit: Duration,
) -> StepResult<Admission> {
    let declared = &client.spec.options;
    let namespace = match &step.namespace {
        Some(template) => attempt.namespace(template)?,
        None => declared_namespace(attempt, client)?,
    };
    let open = client.link().filter(|link| {
        link.layer == Layer::SocketIo && !link.has_ended() && !step.shapes_handshake()
    });
    let declared_auth = (open.is_none() || namespace == declared_namespace(attempt, client)?)
        .then_some(declared.auth.as_ref())
        .flatten();
    let auth = auth_payload(attempt, step.auth.as_ref().or(declared_auth))?;
    let deadline = clock::now() + limit;
    let envelopes = attempt.target.manifest.envelopes(&namespace);
    if envelopes.is_some() && open.is_some() {
        return Err(without_namespaces(client, &namespace).inapplicable());
    }
    let joins_by_opening = envelopes.is_some();
    let link = match open {
        Some(link) => link,
        None => {
            let mut options = options(attempt, client, step, Layer::SocketIo, limit)?;
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
    let eio3 = step.eio.or(declared.eio) == Some(3);
    // In revision 3, the server joins the client to the main namespace without a CONNECT packet from the client
    // (Socket.IO v4, "Connection to the default namespace").
    let from = if joins_by_opening || (eio3 && namespace == MAIN) {
        0
    } else {
        let from = link.connection.journal().entries().len();
        link.note_user(&namespace, auth.as_ref());
        link.connection.send(&Packet::Connect {
            namespace: namespace.clone(),
            payload: auth,
        });
        from
    };
    attempt.note_sent(client);
    attempt.note_other_cause();
    await_admission(attempt, client, &link, &namespace, from, deadline).await
}

/// Returns the `auth` payload of a CONNECT. A step uses the `auth` that its client declares on a new connection, or for
/// the namespace that the client declares; a further namespace on the same connection does not get it.
fn auth_payload(attempt: &Attempt<'_>, template: Option<&Template>) -> StepResult<Option<Data>> {
    let auth = template
        .map(|template| template.render(&attempt.scope()))
        .transpose()?;
    // Treat `null` as no auth data, so that a row of a scenario table can leave the auth data out.
    Ok(auth.filter(|auth| *auth != Data::Null))
}

/// Returns why a client can't join a further namespace on an open connection to a plain WebSocket.
fn without_namespaces(client: &Client, namespace: &str) -> Obstacle {
    let name = &client.spec.name;
    Obstacle::new(format!(
        "{name} joins {namespace} on an open connection; a plain WebSocket can't join a namespace."
    ))
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
    options.query.extend(
        fields
            .filter(|(_, value)| **value != Data::Null)
            .map(|(name, value)| {
                let text = value.as_str().map(str::to_owned);
                (name.clone(), text.unwrap_or_else(|| value.to_string()))
            }),
    );
}

fn declared_namespace(attempt: &Attempt<'_>, client: &Client) -> StepResult<String> {
    match &client.spec.options.namespace {
        Some(template) => attempt.namespace(template),
        None => Ok(attempt
            .target
            .manifest
            .bindings
            .namespaces
            .main()
            .to_owned()),
    }
}

/// Returns the options of a connection: those of the step, else of the client, else of the run.
pub(super) fn options(
    attempt: &Attempt<'_>,
    client: &Client,
    step: &ConnectOptions,
    layer: Layer,
    limit: Duration,
) -> StepResult<Options> {
    let declared = &client.spec.options;
    let scope = attempt.scope().clone();
    let text = |template: &Template| template.render_text(&scope);
    let both = |declared, own| {
        let mut all = pairs::fill(declared, &scope)?;
        all.extend(pairs::fill(own, &scope)?);
        Ok::<_, Stop>(all)
    };
    let mut headers = both(&declared.headers, &step.headers)?;
    if let Some(origin) = step.origin.as_ref().or(declared.origin.as_ref()) {
        headers.push(("Origin".to_owned(), text(origin)?));
    }
    let transport = step
        .transport
        .or(declared.transport)
        .unwrap_or(attempt.transport);
    Ok(Options {
        transport: match transport {
            Transport::Polling => TransportChoice::Polling,
            Transport::Upgrade => TransportChoice::Upgrade,
            Transport::WebSocket => TransportChoice::WebSocket,
        },
        layer,
        eio: step.eio.or(declared.eio).unwrap_or(4),
        path: step
            .path
            .as_ref()
            .or(declared.path.as_ref())
            .map(text)
            .transpose()?,
        query: both(&declared.query, &step.query)?,
        headers,
        heartbeat: step.heartbeat.or(declared.heartbeat).unwrap_or(true),
        deflate: step.deflate.or(declared.deflate).unwrap_or(false),
        msgpack: step
            .msgpack
            .or(declared.msgpack)
            .unwrap_or(attempt.target.msgpack()),
        deadline: limit,
        ..Options::default()
    })
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
