//! The bar at the bottom of a terminal. Goes to stderr, as what is piped goes to stdout.

use std::time::Duration;

use crate::text::escape;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether somebody watches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Watched {
    /// The output is a pipe, or a CI job's log.
    No,
    /// It is a terminal.
    Yes,
}

/// A bar that may be hidden.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar on stderr, or none.
    pub fn new(watched: Watched) -> Self {
        let bar = match watched {
            Watched::No => ProgressBar::hidden(),
            Watched::Yes => ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()),
        };
        Self { bar }
    }

    /// Shows that `done` of `total` are done.
    pub fn at(&self, done: usize, total: usize) {
        if self.bar.length() != Some(total as u64) {
            self.start(total);
        }
        self.bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub fn done(&self) {
        self.finish();
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.bar.is_hidden()
    }

    pub(super) fn start(&self, length: usize) {
        self.bar.set_length(length as u64);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {elapsed}  {wide_msg}");
        if let Ok(style) = style {
            self.bar.set_style(style);
        }
        if !self.bar.is_hidden() {
            // A run that waits for a slow server still shows that it is alive.
            self.bar.enable_steady_tick(Duration::from_millis(100));
        }
    }

    pub(super) fn began(&self, id: &str) {
        self.bar.set_message(escape::line(id));
    }

    pub(super) fn ended(&self) {
        self.bar.inc(1);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs `write` while the bar is out of the way.
    pub(super) fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }
}
