//! What a scenario is once it is loaded: everything resolved that can be resolved without a target.
//!
//! A [`Scenario`] that exists is runnable: its clients, variables, requirement and fault ids were
//! checked. Field names are those of the language, see `docs/language.md`. The models of the verbs stand in
//! [`super::verbs`].

mod accepted;
mod client;
mod events;
mod frames;
mod http;
mod level;
mod scenario;
mod step;

pub use self::{
    accepted::Accepted,
    client::{ClientName, ClientSpec, ConnectOptions, Transport},
    events::{EventPattern, Operation, Order},
    frames::FramePattern,
    http::HttpPattern,
    level::{Level, Tier},
    scenario::Scenario,
    step::{Parallel, Repeat, Step, WaitBound, visit_steps},
};
