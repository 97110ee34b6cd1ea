//! The way into an application: performs the steps of the manifest's `enter` for one client.

use std::sync::Arc;

use super::{Client, Link, login::Entered, presented::Login};
use crate::{
    client::{Envelopes, Layer},
    runner::{
        findings::{Obstacle, StepResult, Stop},
        play::attempt::Attempt,
        silence,
    },
    scenario::{ClientName, Entrance, Scenario},
};

/// Returns the envelopes with which a client enters over a connection whose messages or frames the scenario reads.
/// Returns `None` if the client enters without events, or if the connection decodes the events of all envelopes.
pub(in crate::runner) fn envelopes(
    attempt: &Attempt<'_>,
    client: &Client,
    layer: Layer,
) -> Option<Envelopes> {
    let enters = entrance(attempt, client).is_some_and(|enter| !enter.after.steps.is_empty());
    if !enters || layer != Layer::WebSocket {
        return None;
    }
    let namespace = client.state().namespace.clone();
    attempt.target.manifest.envelopes(&namespace)
}

/// Performs the requests that a client makes before it connects, unless it has made them before. Does nothing for a
/// stranger, and for a client that logs in as the scenario says and takes no further steps to enter.
pub(in crate::runner) async fn before(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    login: Login,
) -> StepResult {
    let Some(enter) = entrance(attempt, client) else {
        return Ok(());
    };
    let has_own_login = match login {
        Login::Manifest => false,
        Login::Scenario | Login::ScenarioInPlace => true,
    };
    if client.state().entered.is_some() || (has_own_login && enter.after.steps.is_empty()) {
        return Ok(());
    }
    let entered = perform(attempt, client, &enter.before).await?;
    client.state().entered = Some(entered);
    Ok(())
}

/// Gives a client the login of the client whose Engine.IO session it joins: one user's requests carry one login.
pub(in crate::runner) fn share(attempt: &Attempt<'_>, client: &Client, session: &ClientName) {
    let owner = attempt.declared.get(session);
    if let Some(entered) = owner.and_then(|owner| owner.state().entered.clone()) {
        client.state().entered = Some(entered);
    }
}

/// Returns the login of the client to whose Engine.IO session a request belongs: `target` is the path and query of the
/// request. A request that belongs to no client's session has the login of the attempt's HTTP requests, which is made
/// once. Returns `None` if clients make no requests before they connect.
pub(in crate::runner) async fn of_request(
    attempt: &Attempt<'_>,
    target: &str,
) -> StepResult<Option<Entered>> {
    let requester = &attempt.requester;
    let enter = entrance(attempt, requester);
    if attempt.enters || enter.is_none_or(|enter| enter.before.steps.is_empty()) {
        return Ok(None);
    }
    let is_of = |link: &Arc<Link>| {
        let handshake = link.connection.handshake();
        handshake.is_some_and(|handshake| target.contains(handshake.sid.as_str()))
    };
    let clients = attempt.declared.all().iter();
    let mut owners = clients.filter(|client| client.links().iter().any(is_of));
    if let Some(entered) = owners.find_map(|client| client.state().entered.clone()) {
        return Ok(Some(entered));
    }
    before(attempt, requester, Login::Manifest).await?;
    Ok(requester.state().entered.clone())
}

/// Performs the steps by which a client enters after it has connected. Does nothing for a stranger.
pub(in crate::runner) async fn after(attempt: &Attempt<'_>, client: &Arc<Client>) -> StepResult {
    match entrance(attempt, client) {
        Some(enter) if !enter.after.steps.is_empty() => {
            perform(attempt, client, &enter.after).await.map(drop)
        }
        Some(_) | None => Ok(()),
    }
}

/// Returns the steps with which a client enters, unless the server has to refuse the client.
fn entrance<'a>(attempt: &Attempt<'a>, client: &Client) -> Option<&'a Entrance> {
    let enter = attempt.target.manifest.way_in.enter.as_ref();
    enter.filter(|_| !client.state().is_stranger)
}

/// Performs steps of `enter` for one client. The steps have variables of their own, because several clients enter at
/// the same time.
async fn perform(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    entrance: &Scenario,
) -> StepResult<Entered> {
    let scope = attempt.scope_of(client);
    let inner = attempt.entering(entrance, client, scope);
    let failed = |stop: Stop| {
        let sentence = format!(
            "{} could not enter: {}",
            client.spec.name,
            stop.into_detail().sentence
        );
        Obstacle::new(sentence).unjudged()
    };
    for step in &entrance.steps {
        (attempt.perform)(&inner, step).await.map_err(failed)?;
    }
    if !inner.notes().silences.is_empty() {
        silence::settle(&inner).await.map_err(failed)?;
    }
    // The scenario begins only now: its fences and its failures have nothing to do with the steps above.
    client.state().has_sent_since_fence = false;
    if let Some(link) = client.link() {
        link.state().requests = Default::default();
        if link.layer == Layer::WebSocket {
            let next = link.connection.journal().entries().len();
            link.receive_from(next);
        }
    }
    let scope = inner.scope().clone();
    let cookies = inner.notes().cookies.clone();
    Ok(Entered { scope, cookies })
}
