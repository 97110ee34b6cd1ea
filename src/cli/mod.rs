//! The command line: arguments, settings, exit statuses. This folder contains no protocol logic.
//!
//! `args` contains the parsed command line, and each command derives its settings from it. The environment variables
//! and the properties of the terminals are read once, into a [`Context`].

mod args;
mod cache;
mod check;
mod compare;
mod context;
mod coverage;
mod door;
mod error;
mod exit;
mod explain;
mod failed_run;
mod faults;
mod file_names;
mod files;
mod gate;
mod id_filter;
mod init;
mod init_first;
mod init_login;
mod last_run;
mod list;
mod log;
mod matrix;
mod merge;
mod names;
mod observers;
mod paint;
mod places;
mod probe;
mod prove;
mod recording;
mod render;
mod review;
mod run;
mod scenario_index;
mod selection;
mod serve;
mod shipped;
mod show;
mod snapshots;
mod start;
mod stop;
mod target;

pub use context::Context;
pub use exit::Exit;
pub use start::start;
