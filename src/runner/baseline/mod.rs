//! Baselines: the known deviations of a target, with the reason for each.
//!
//! A run against a baseline is red for a deviation that the baseline does not list. It is also red for a listed
//! deviation that no longer happens, so that the list stays up to date.

mod compare;
mod file;
mod model;
#[cfg(test)]
mod schema;
mod update;

pub use compare::{Comparison, OtherKind, Stale};
pub use model::{Baseline, Because, Deviation, Names};
