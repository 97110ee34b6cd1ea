//! What each verb of the language does.
//!
//! A step acts on clients through [`crate::client`] and says what it found as
//! [`super::finding::Stop`]; it never decides a verdict.

mod alive;
mod call;
mod check;
mod closed;
pub(super) mod connect;
mod deliver;
mod disconnect;
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
mod refused;
mod reply;
mod send;
mod shape;

pub(super) use perform::perform;
