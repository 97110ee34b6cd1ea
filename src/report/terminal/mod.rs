//! The output for people: progress during the run, each failure when it occurs, and a summary at the end.

mod difference;
mod failure;
mod progress;
mod run;
mod summary;

pub use failure::failure;
pub use progress::{Progress, Watched};
pub use run::{Detail, Terminal};
pub use summary::SameCause;
