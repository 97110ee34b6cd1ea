//! The model of a loaded scenario. The loader has computed everything in it that does not depend on the target.
//!
//! A [`Scenario`] is ready to run: the loader has checked its clients, variables, requirement ids and fault ids. The
//! fields of the types have the names of the keys in `docs/language.md`. The models of the verbs are in
//! [`super::verbs`].

mod accepted;
mod client;
mod events;
mod frames;
mod http;
mod incoming;
mod level;
mod mentioned;
mod refusal;
mod scenario;
mod step;
mod way_in;

pub(crate) use self::refusal::REPORT_FIELDS;
pub use self::{
    accepted::Accepted,
    client::{ClientName, ClientSpec, ConnectOptions, Transport},
    events::{Arguments, EventPattern, ExpectedArguments, Operation, Order},
    frames::FramePattern,
    http::HttpPattern,
    incoming::Incoming,
    level::{Level, Tier},
    mentioned::Mentioned,
    refusal::{Refusal, RefusalReason},
    scenario::Scenario,
    step::{Parallel, Repeat, Sequence, Step, WaitBound, visit_steps},
    way_in::{ClientDefaults, Entrance, WayIn},
};
