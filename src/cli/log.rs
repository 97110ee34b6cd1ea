//! The log on the standard error.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

use super::{args::LogLevel, door::MaskedStderr, paint::Output};
use crate::report::Palette;

/// Starts the log unless the level is `off`.
pub(super) fn start(level: LogLevel, output: Output) {
    let filter = match level {
        LogLevel::Off => return,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let lines = fmt::layer()
        .with_writer(move || MaskedStderr(output.door))
        .with_ansi(output.stderr == Palette::Styled)
        .with_target(false)
        // Excludes the log of libraries, which says nothing about a scenario.
        .with_filter(Targets::new().with_target(env!("CARGO_CRATE_NAME"), filter));
    // This fails only in tests, which start several logs in one process. The first log stays active.
    let _ = registry().with(lines).try_init();
}
