//! HTTP: routing of requests, refusals, and CORS.

mod compression;
mod cookie;
mod cors;
mod handshake;
mod polling;
mod refusal;
mod request_check;
mod router;

pub(super) use compression::Coding;
pub(super) use cors::{Cors, RequestKind};
pub(super) use refusal::Refusal;
pub(super) use request_check::AskedProtocol;
pub(super) use router::answer;
