//! Known deviations of a target: what may be red, and why.
//!
//! A run against a baseline is red for a deviation that is not listed, and for a listed one that is gone: a list
//! that nobody has to keep up to date says nothing after a year.

mod compare;
mod file;
mod model;
#[cfg(test)]
mod schema;
mod update;

pub use compare::{Comparison, OtherKind, Stale};
pub use model::{Baseline, Because, Deviation, Names};
