//! The options of a connection.

use std::time::Duration;

use super::pairs;
use crate::{
    client::{Layer, Options, TransportChoice},
    runner::{
        clients::{
            Client, entrance,
            presented::{self, Login},
        },
        findings::{StepResult, Stop},
        play::attempt::Attempt,
    },
    scenario::{ConnectOptions, Template, Transport},
};

/// Returns the options of a connection: those of the step, else of the client, else of the manifest, else of the run.
pub(super) fn options(
    attempt: &Attempt<'_>,
    client: &Client,
    step: &ConnectOptions,
    layer: Layer,
    limit: Duration,
    login: Login,
) -> StepResult<Options> {
    let declared = &client.spec.options;
    let clients = &attempt.target.manifest.way_in.clients;
    let scope = attempt.scope().clone();
    let entered = attempt.scope_of(client);
    let text = |template: &Template| template.render_text(&scope);
    let all = |defaults: &[_], declared: &[_], own: &[_]| {
        let unnamed = presented::unnamed(clients, defaults, login, [declared, own]);
        let mut all = pairs::fill(&unnamed, &entered)?;
        all.extend(pairs::fill(declared, &scope)?);
        all.extend(pairs::fill(own, &scope)?);
        Ok::<_, Stop>(all)
    };
    let headers = all(&clients.headers, &declared.headers, &step.headers)?;
    let headers = with_origin(attempt, client, step, headers, login)?;
    let own = step.protocols.as_ref().or(declared.protocols.as_ref());
    let protocols = own.unwrap_or(&clients.protocols).iter();
    let protocols = protocols.map(|protocol| protocol.render_text(&entered));
    let mut query = all(&clients.query, &declared.query, &step.query)?;
    presented::name_token(clients, login, &mut query);
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
            .or(clients.path.as_ref())
            .map(text)
            .transpose()?,
        query,
        headers,
        protocols: protocols.collect::<Result<_, _>>()?,
        heartbeat: step.heartbeat.or(declared.heartbeat).unwrap_or(true),
        deflate: step.deflate.or(declared.deflate).unwrap_or(false),
        msgpack: step
            .msgpack
            .or(declared.msgpack)
            .unwrap_or(attempt.target.msgpack()),
        envelopes: entrance::envelopes(attempt, client, layer),
        deadline: limit,
        ..Options::default()
    })
}

/// Adds to the headers the cookies that the client got when it logged in, and the `Origin` header.
fn with_origin(
    attempt: &Attempt<'_>,
    client: &Client,
    step: &ConnectOptions,
    mut headers: Vec<(String, String)>,
    login: Login,
) -> StepResult<Vec<(String, String)>> {
    if login == Login::Manifest
        && let Some(entered) = &client.state().entered
    {
        headers = entered.cookies.join(&headers);
    }
    let is_given = |name: &str| {
        let mut names = headers.iter().map(|(name, _)| name);
        names.any(|given| given.eq_ignore_ascii_case(name))
    };
    let own = step.origin.as_ref().or(client.spec.options.origin.as_ref());
    let default = attempt.target.manifest.way_in.clients.origin.as_ref();
    let origin = match (own, default) {
        (Some(own), _) => Some(own.render_text(&attempt.scope())?),
        (None, Some(default)) if !is_given("origin") => {
            Some(default.render_text(&attempt.scope_of(client))?)
        }
        (None, _) => None,
    };
    headers.extend(origin.map(|origin| ("Origin".to_owned(), origin)));
    Ok(headers)
}
