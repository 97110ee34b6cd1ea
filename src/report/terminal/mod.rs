//! What a person sees: progress while it runs, every breach as it comes, a summary at the end.

mod difference;
mod failure;
mod progress;
mod run;
mod summary;

pub use failure::failure;
pub use progress::{Progress, Watched};
pub use run::{Detail, Terminal};
