//! The login of a client that connects: what it presents, and the requests that it makes before.

use std::sync::Arc;

use crate::{
    clock,
    data::Data,
    runner::{
        clients::{
            Client, entrance,
            presented::{self, Awaited, Login},
        },
        findings::StepResult,
        plan::rules,
        play::attempt::Attempt,
    },
    scenario::ConnectOptions,
    targets::Rule,
};

/// Makes the requests by which a client logs in before it connects, and records the client's user. Returns who says how
/// the client logs in.
pub(super) async fn log_in(
    attempt: &Attempt<'_>,
    client: &Arc<Client>,
    step: &ConnectOptions,
    awaited: Awaited,
) -> StepResult<Login> {
    let login = decide_login(attempt, client, step, awaited)?;
    entrance::before(attempt, client, login).await?;
    let user = match login {
        Login::Manifest => user(attempt, client)?,
        Login::Scenario | Login::ScenarioInPlace => None,
    };
    client.state().user = user;
    Ok(login)
}

/// Returns the user that the application reports for a client that logs in as the manifest says, if the manifest names
/// the user.
fn user(attempt: &Attempt<'_>, client: &Client) -> StepResult<Option<String>> {
    let clients = &attempt.target.manifest.way_in.clients;
    let scope = attempt.scope_of(client);
    let user = clients.user.as_ref().map(|user| user.render_text(&scope));
    Ok(user.transpose()?)
}

/// Decides who says how the client logs in, and records the scenario's token if it goes to the place of the manifest's.
pub(super) fn decide_login(
    attempt: &Attempt<'_>,
    client: &Client,
    step: &ConnectOptions,
    awaited: Awaited,
) -> StepResult<Login> {
    let clients = &attempt.target.manifest.way_in.clients;
    let options = [&*client.spec.options, step];
    let (login, token) = presented::login(options, clients, &attempt.scope(), awaited)?;
    let own = match login {
        Login::Manifest => token_of_client(attempt, client),
        Login::Scenario | Login::ScenarioInPlace => None,
    };
    let mut state = client.state();
    state.own_token = token.or(own);
    state.is_stranger = login != Login::Manifest && awaited == Awaited::Refusal;
    Ok(login)
}

/// Returns the token of a client that has to be another user than all other clients, because a user of the target has
/// one connection.
fn token_of_client(attempt: &Attempt<'_>, client: &Client) -> Option<Data> {
    let manifest = &attempt.target.manifest;
    if !manifest.rules.has(Rule::OneConnectionPerUser) {
        return None;
    }
    let name = rules::token_of_clients(manifest)?;
    let suffix = format!("{}-{}", attempt.unique.suffix(), client.spec.name);
    let token = manifest
        .credentials
        .mint_one(&name, clock::timestamp(), &suffix)?;
    attempt.scope().note_minted(&token);
    Some(Data::from(token))
}
