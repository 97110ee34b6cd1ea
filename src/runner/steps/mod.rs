//! Executes the verbs of the scenario language.
//!
//! A step acts on clients through [`crate::client`] and reports its findings as [`super::finding::Stop`]. Steps never
//! decide a verdict.

mod admission;
mod alive;
mod call;
mod check;
mod closed;
pub(super) mod connect;
mod deliver;
mod disconnect;
mod earliest;
mod emit;
mod expect;
mod frame;
mod http;
mod links;
mod never;
mod open;
mod pairs;
mod perform;
mod reading;
mod receive;
mod receive_raw;
mod refused;
mod reply;
mod send;
mod shape;

pub(super) use perform::perform;

use super::{attempt::Attempt, finding::Stepped};
use crate::scenario::{Action, Step};

/// Executes a step by its verb. This is the runner's list of verbs.
async fn act(attempt: &Attempt<'_>, step: &Step) -> Stepped {
    match &step.action {
        Action::Alive(_) => alive::perform(attempt, step).await,
        Action::Bytes(bytes) => frame::bytes(attempt, step, bytes).await,
        Action::Call(call) => call::perform(attempt, step, call).await,
        Action::Check(check) => check::perform(attempt, check),
        Action::Closed(closed) => closed::perform(attempt, step, closed).await,
        Action::Connect(connect) => connect::perform(attempt, step, connect).await,
        Action::Deliver(deliver) => deliver::perform(attempt, step, deliver).await,
        Action::Disconnect(disconnect) => disconnect::perform(attempt, step, disconnect).await,
        Action::Emit(emit) => emit::perform(attempt, step, emit).await,
        Action::Expect(expect) => expect::perform(attempt, step, expect).await,
        Action::Frame(frame) => frame::frame(attempt, step, frame).await,
        Action::Http(http) => http::perform(attempt, step, http).await,
        Action::Never(never) => never::perform(attempt, step, never).await,
        Action::Open(open) => open::perform(attempt, step, open).await,
        Action::Parallel(parallel) => perform::parallel(attempt, parallel).await,
        Action::Reading(how) => reading::perform(attempt, step, *how),
        Action::Receive(receive) => receive::perform(attempt, step, receive).await,
        Action::Repeat(repeat) => perform::repeat(attempt, repeat).await,
        Action::Reply(reply) => reply::perform(attempt, step, reply).await,
        Action::Send(packets) => send::perform(attempt, step, packets).await,
    }
}
