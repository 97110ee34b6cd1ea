//! The way into an application: performs the steps of the manifest's `enter` for one client.

use std::sync::Arc;

use super::{Client, login::Entered, presented::Login};
use crate::{
    runner::{
        findings::{Obstacle, StepResult, Stop},
        play::attempt::Attempt,
        silence,
    },
    scenario::{Entrance, Scenario},
};

/// Performs the requests that a client makes before it connects, unless it has made them before. Does nothing for a
/// client that logs in as the scenario says.
pub(in crate::runner) async fn before(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    login: Login,
) -> StepResult {
    let Some(enter) = entrance(attempt, login) else {
        return Ok(());
    };
    if client.state().entered.is_some() {
        return Ok(());
    }
    let entered = perform(attempt, client, &enter.before).await?;
    client.state().entered = Some(entered);
    Ok(())
}

/// Performs the steps by which a client enters after it has connected. Does nothing for a client that logs in as the
/// scenario says.
pub(in crate::runner) async fn after(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    login: Login,
) -> StepResult {
    match entrance(attempt, login) {
        Some(enter) if !enter.after.steps.is_empty() => {
            perform(attempt, client, &enter.after).await.map(drop)
        }
        Some(_) | None => Ok(()),
    }
}

fn entrance<'a>(attempt: &Attempt<'a>, login: Login) -> Option<&'a Entrance> {
    match login {
        Login::Manifest => attempt.target.manifest.way_in.enter.as_ref(),
        Login::Scenario | Login::ScenarioInPlace => None,
    }
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
    }
    let scope = inner.scope().clone();
    let cookies = inner.notes().cookies.clone();
    Ok(Entered { scope, cookies })
}
