//! Baselines: the known deviations of a target, with the reason for each.
//!
//! A run with a baseline fails if a deviation happens that the baseline does not list. It also fails if a listed
//! deviation no longer happens, so that the list stays up to date.

mod compare;
mod file;
mod known;
mod mentions;
mod model;
#[cfg(test)]
mod schema;
mod update;

pub use compare::{Comparison, OtherKind, Stale};
pub use known::KnownDeviations;
pub use mentions::BaselineMentions;
pub use model::{Baseline, Because, Deviation, Names};
