//! The contract application of `docs/contract.md`.

mod access;
mod answers;
mod arguments;
mod exception;
mod leaving;
mod questions;
mod rooms;
mod routes;
mod token;

pub(super) use access::{Access, Admission, access, admit, admits_handshake, connected};
pub(super) use exception::Failure;
pub(super) use leaving::left;
pub(super) use routes::handle;
pub(super) use token::{Denial, Shown, json as token_json, user as token_user};
