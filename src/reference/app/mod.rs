//! The application that the bundled server runs: the namespaces and events that `docs/contract.md`
//! specifies.

mod access;
mod answers;
mod arguments;
mod disconnects;
mod exception;
mod namespaces;
mod presence;
mod questions;
mod rooms;
mod routes;
mod token;

pub(super) use access::{Admission, admit, admits_handshake, connected};
pub(super) use disconnects::left;
pub(super) use exception::Failure;
pub(super) use namespaces::{Access, access};
pub(super) use questions::Silence;
pub(super) use routes::handle;
pub(super) use token::{Algorithms, Denial, Presented, claimed_user, decode_part};
