//! What a client has got from its login before it connected.

use super::{attempt::Attempt, clients::Client};
use crate::scenario::Scope;

/// Returns the variables that the manifest's options of clients can use: those of the scenario, and those that the
/// client's requests have captured.
pub(super) fn scope(attempt: &Attempt<'_>, client: &Client) -> Scope {
    let entered = client.state().entered.clone();
    match entered {
        Some(entered) => entered.scope,
        None => attempt.scope().clone(),
    }
}
