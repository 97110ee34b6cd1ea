//! The progress bar. It goes to the standard error, so that a pipe receives only results.

use std::time::Duration;

use crate::text::escape;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether the standard error is shown to a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Watched {
    /// The standard error is a pipe, or the log of a CI job.
    No,
    /// The standard error is a terminal.
    Yes,
}

/// A progress bar, visible or hidden.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Returns a bar. The bar is hidden if the standard error is not a terminal.
    pub fn new(watched: Watched) -> Self {
        let bar = match watched {
            Watched::No => ProgressBar::hidden(),
            Watched::Yes => ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()),
        };
        Self { bar }
    }

    /// Shows that `done` of `total` scenarios have ended.
    pub fn at(&self, done: usize, total: usize) {
        if self.bar.length() != Some(total as u64) {
            self.start(total);
        }
        self.bar.set_position(done as u64);
    }

    /// Removes the progress bar from the screen.
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
            // Redraw the bar regularly, so that its clock moves even while all scenarios wait for a slow server.
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

    /// Calls `write` while the bar is removed from the screen.
    pub(super) fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }
}
