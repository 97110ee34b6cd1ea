//! What follows the events of a run: the text output for people, and the record.

use std::io::{self, Write};

use super::{error::CliError, places::Writing, recording::Recording};
use crate::{report::Terminal, runner::Event, targets::Masked};

/// The text output and the record of a run that goes on.
pub(super) struct Observers {
    terminal: Terminal<Box<dyn Write>>,
    /// Whether the text output could be written so far.
    shown: io::Result<()>,
    recording: Recording,
}

impl Observers {
    pub(super) fn new(terminal: Terminal<Box<dyn Write>>, recording: Recording) -> Self {
        Self {
            terminal,
            shown: Ok(()),
            recording,
        }
    }

    /// Shows and records an event. A failure to write does not stop the run, because the reports are still needed.
    pub(super) fn event(&mut self, event: &Masked<Event>) {
        self.recording.add(event);
        if self.shown.is_ok() {
            self.shown = self.terminal.event(event);
        }
    }

    /// Returns the record of a run that could not begin.
    pub(super) fn into_recording(self) -> Recording {
        self.recording
    }

    /// Completes the record. Returns the errors of what could not be written.
    pub(super) fn finish(self) -> Writing {
        let mut writing = Writing::default();
        writing.note(self.shown.map_err(CliError::from));
        writing.note(self.recording.finish());
        writing
    }
}
