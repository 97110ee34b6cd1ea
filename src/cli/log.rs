//! The log on the standard error.

use std::io;

use tracing::level_filters::LevelFilter;

use super::{args::LogLevel, paint::Output};
use crate::report::Palette;

/// Starts the log unless the level is `off`.
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
    // This fails only in tests, which start several logs in one process; the first log stays.
    let _ = log.try_init();
}
