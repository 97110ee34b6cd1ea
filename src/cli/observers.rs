//! What follows the events of a run: the text output for people, and the record.

use std::io::{self, Write};

use super::{error::CliError, places::Writing, recording::Recording, snapshots::Snapshots};
use crate::{
    report::Terminal,
    runner::{Event, EventKind, SnapshotReport},
    targets::Masked,
};

/// The text output and the record of a run that goes on.
pub(super) struct Observers {
    terminal: Terminal<Box<dyn Write>>,
    /// Whether the text output could be written so far.
    shown: io::Result<()>,
    recording: Recording,
    /// The snapshots that the run is held against, if it is.
    snapshots: Option<Snapshots>,
    compared: Option<SnapshotReport>,
    /// The errors of snapshots that could not be written.
    unwritten: Vec<CliError>,
}

impl Observers {
    pub(super) fn new(
        terminal: Terminal<Box<dyn Write>>,
        recording: Recording,
        snapshots: Option<Snapshots>,
    ) -> Self {
        Self {
            terminal,
            shown: Ok(()),
            recording,
            snapshots,
            compared: None,
            unwritten: Vec::new(),
        }
    }

    /// Shows and records an event. A failure to write does not stop the run, because the reports are still needed.
    ///
    /// Before the end of the run, also shows how its transcripts differ from the stored ones.
    pub(super) fn event(&mut self, event: &Masked<Event>) {
        if let Some(snapshots) = &mut self.snapshots {
            snapshots.add(event);
        }
        if let EventKind::RunFinished(_) = event.kind
            && let Some(snapshots) = self.snapshots.take()
        {
            let (report, errors) = snapshots.finish();
            self.unwritten = errors;
            // The transcripts are masked already.
            let compared = event.map(|event| Event {
                at: event.at,
                kind: EventKind::SnapshotsCompared(report.clone()),
            });
            self.compared = Some(report);
            self.show(&compared);
        }
        self.show(event);
    }

    fn show(&mut self, event: &Masked<Event>) {
        self.recording.add(event);
        if self.shown.is_ok() {
            self.shown = self.terminal.event(event);
        }
    }

    /// Returns the record of a run that could not begin.
    pub(super) fn into_recording(self) -> Recording {
        self.recording
    }

    /// Completes the record. Returns the errors of what could not be written, and how the transcripts of the run differ
    /// from the stored ones.
    pub(super) fn finish(self) -> (Writing, Option<SnapshotReport>) {
        let mut writing = Writing::default();
        writing.errors.extend(self.unwritten);
        writing.note(self.shown.map_err(CliError::from));
        writing.note(self.recording.finish());
        (writing, self.compared)
    }
}
