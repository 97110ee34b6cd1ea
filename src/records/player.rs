//! Plays events one after another, and builds the record of the run from them.

use std::time::Duration;

use super::Header;
use crate::{
    runner::{Event, EventKind, Notice, Record, Summary},
    targets::{Masked, Secrets},
};

/// A record whose events were played again.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The first line; that of the whole run if several parts were joined.
    pub header: Masked<Header>,
    /// What the run found.
    pub record: Masked<Record>,
    /// True if the record ends before the end of the run.
    pub is_cut: bool,
}

/// Returns the secrets of the texts in a record: none, because the texts were masked when they were written.
pub(super) fn unmasked() -> Secrets {
    Secrets::default()
}

/// Emits events, and builds the record of the run from them.
pub(super) struct Player<'e, E> {
    emit: &'e mut E,
    pub(super) record: Record,
    /// The time of the last event since the start of the run.
    pub(super) last: Duration,
    /// True if the run has ended.
    pub(super) has_finished: bool,
}

impl<'e, E: FnMut(&Masked<Event>)> Player<'e, E> {
    pub(super) fn new(emit: &'e mut E) -> Self {
        Self {
            emit,
            record: Record::default(),
            last: Duration::ZERO,
            has_finished: false,
        }
    }

    /// Emits one event.
    pub(super) fn play(&mut self, event: Event) {
        self.last = self.last.max(event.at);
        self.has_finished |= matches!(event.kind, EventKind::RunFinished(_));
        self.record.add(&event);
        (self.emit)(&unmasked().masked(event));
    }

    /// Ends a run whose record is cut: emits how many scenarios are missing, and the summary of what there is.
    pub(super) fn finish_cut(&mut self, duration: Duration) {
        let ended = self.record.outcomes.len();
        let missing = self.record.info.scenarios.saturating_sub(ended);
        let at = self.last;
        let mut play = |kind| self.play(Event { at, kind });
        play(EventKind::Noticed(Notice::RecordCut { missing }));
        let summary = Summary {
            interrupted: true,
            duration,
            ..self.record.summary
        };
        self.play(Event {
            at,
            kind: EventKind::RunFinished(summary),
        });
    }
}
