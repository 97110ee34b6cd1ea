//! The command line: arguments, configuration, exit codes. No protocol logic.
//!
//! Arguments go through two stages: `args` is the parsed command line; each command derives its configuration from it.
//! Environment and terminal are read once, into a [`Context`], and passed down.

mod args;
mod check;
mod context;
mod coverage;
mod error;
mod exit;
mod explain;
mod faults;
mod files;
mod list;
mod log;
mod names;
mod paint;
mod probe;
mod prove;
mod run;
mod selection;
mod serve;
mod shipped;
mod start;
mod stop;
mod target;

pub use context::Context;
pub use exit::Exit;
pub use start::start;
