//! `reading`: a client stops reading what the server sends, or goes on.

use super::links::open_link;
use crate::{
    client,
    runner::{findings::StepResult, play::attempt::Attempt},
    scenario::{Reading, Step},
};

pub(super) fn perform(attempt: &Attempt<'_>, step: &Step, reading: Reading) -> StepResult {
    for client in attempt.actors(step) {
        open_link(&client)?.connection.read(match reading {
            Reading::GoesOn => client::Reading::GoesOn,
            Reading::Stops => client::Reading::Stops,
        });
    }
    Ok(())
}
