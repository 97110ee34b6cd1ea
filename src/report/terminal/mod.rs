//! The output for people: progress during the run, each failure when it occurs, and a summary at the end.

mod attempts;
mod detail;
mod difference;
mod failure;
mod progress;
mod run;
mod snapshots;
mod summary;

pub use detail::Detail;
pub use failure::{failure, scenario_in_full};
pub use progress::{Progress, Watched};
pub use run::Terminal;
pub use summary::SameCause;
