//! HTTP: which request goes where, what is refused and how, and who may read the answers.

mod coding;
mod cookie;
mod cors;
mod handshake;
mod polling;
mod refusal;
mod router;
mod verify;

pub(super) use coding::Coding;
pub(super) use cors::{Asked, Cors};
pub(super) use refusal::Refusal;
pub(super) use router::answer;
pub(super) use verify::Asks;
