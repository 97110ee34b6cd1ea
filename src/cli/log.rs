//! The log on standard error.

use std::io;

use tracing::level_filters::LevelFilter;

use super::{args::LogLevel, paint::Output};
use crate::report::Palette;

/// Starts the log, if one is wanted.
pub(super) fn start(level: LogLevel, output: Output) {
    let filter = match level {
        LogLevel::Off => return,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let log = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(filter)
        .with_ansi(output.stderr == Palette::Styled)
        .with_target(false);
    // A second log in one process is only tried by tests, which are content with the first.
    let _ = log.try_init();
}
