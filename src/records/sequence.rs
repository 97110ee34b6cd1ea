//! Checks that each event of a record is there once, and that no event follows the end of the run.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::Deserialize;

use super::error::Unreadable;
use crate::runner::{Event, EventKind};

/// The events of a record that have been read.
///
/// Two events of one run are never equal, because each has its time in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    /// The hashes of the lines.
    lines: HashSet<u64>,
    has_started: bool,
    /// The ids of the scenarios that have finished.
    finished: HashSet<String>,
    has_ended: bool,
}

/// The parts of an event that name it.
#[derive(Deserialize)]
struct Named {
    event: String,
    id: Option<String>,
}

impl Sequence {
    /// Adds an event, which is the text of one line.
    ///
    /// # Errors
    ///
    /// Returns an error if the record already holds the event, or the end of the run.
    pub(super) fn add(
        &mut self,
        text: &[u8],
        line: usize,
        event: &Event,
    ) -> Result<(), Unreadable> {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let is_new = self.lines.insert(hasher.finish());
        let has_ended = self.has_ended;
        let is_first = match &event.kind {
            EventKind::RunStarted(_) => !std::mem::replace(&mut self.has_started, true),
            EventKind::ScenarioFinished(outcome) => self.finished.insert(outcome.id.clone()),
            EventKind::RunFinished(_) => !std::mem::replace(&mut self.has_ended, true),
            EventKind::AttemptStarted { .. }
            | EventKind::AttemptTraced(_)
            | EventKind::AttemptTranscribed(_)
            | EventKind::SnapshotsCompared(_)
            | EventKind::Interrupted
            | EventKind::Noticed(_)
            | EventKind::ScenarioRetried { .. }
            | EventKind::ScenarioSlow { .. }
            | EventKind::ScenarioStarted { .. }
            | EventKind::TargetDied { .. }
            | EventKind::TargetRestarted(_)
            | EventKind::TargetStarted(_) => true,
        };
        if !is_new || !is_first {
            let event = name(text);
            return Err(Unreadable::Doubled { line, event });
        }
        if has_ended {
            let event = name(text);
            return Err(Unreadable::AfterEnd { line, event });
        }
        Ok(())
    }
}

/// Returns the name of an event and the scenario that it is about: "`scenario-finished` of `acks/value`".
fn name(text: &[u8]) -> String {
    match serde_json::from_slice(text) {
        Ok(Named {
            event,
            id: Some(id),
        }) => format!("`{event}` of `{id}`"),
        Ok(Named { event, id: None }) => format!("`{event}`"),
        Err(_) => "an event".to_owned(),
    }
}
