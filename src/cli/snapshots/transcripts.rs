//! The transcripts of a run, as its events bring them.

use std::{collections::BTreeMap, path::PathBuf};

use super::unsteady::{Unsteady, between};
use crate::{
    runner::{Event, EventKind, Outcome, Transcript, Verdict},
    snapshots::{Direction, Heading, Lane, Line, Section},
};

/// The transcripts of a run by the id of the item: a scenario on one transport.
#[derive(Debug, Default)]
pub(super) struct Transcripts(BTreeMap<String, Item>);

/// The transcripts of one item.
#[derive(Debug, Default)]
struct Item {
    /// The transcript of the first attempt, if there is more than one.
    first: Option<Transcript>,
    /// The transcript of the last attempt.
    last: Option<Transcript>,
    /// How the transcripts of the attempts differ.
    unsteady: Option<Unsteady>,
    /// The verdict on the item, and its file. `None` if the item has not ended.
    ended: Option<(String, PathBuf)>,
}

/// The transcript of an item that was judged.
#[derive(Debug)]
pub(super) struct Judged {
    /// The scenario file.
    pub(super) file: PathBuf,
    pub(super) section: Section,
    /// How the transcripts of the repeats differ.
    pub(super) unsteady: Option<Unsteady>,
}

/// Whether each attempt of a run counts, or only the last one of each scenario.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Counting {
    /// Attempts are repeats: all of them have to be the same.
    Each,
    /// Attempts are retries.
    Last,
}

impl Transcripts {
    /// Takes in an event of the run.
    pub(super) fn add(&mut self, event: &Event, counting: Counting) {
        match &event.kind {
            EventKind::AttemptTranscribed(transcript) => {
                let item = self.0.entry(transcript.id.clone()).or_default();
                item.add(transcript.clone(), counting);
            }
            EventKind::ScenarioFinished(outcome) => {
                if let Some(item) = self.0.get_mut(&outcome.id) {
                    item.compare_last(counting);
                    let verdict = verdict(outcome);
                    item.ended = verdict.map(|verdict| (verdict, outcome.file.clone()));
                }
            }
            _ => {}
        }
    }

    /// Returns the transcripts of the items that were judged, in the order of their ids.
    pub(super) fn into_judged(self) -> impl Iterator<Item = Judged> {
        self.0.into_values().filter_map(|item| {
            let (verdict, file) = item.ended?;
            Some(Judged {
                file,
                section: section(&item.last?, &verdict),
                unsteady: item.unsteady,
            })
        })
    }
}

impl Item {
    /// Takes in the transcript of an attempt. A transcript with the same number comes from the same attempt, which was
    /// played again because the machine was too busy.
    fn add(&mut self, transcript: Transcript, counting: Counting) {
        let is_next = self
            .last
            .as_ref()
            .is_some_and(|last| last.attempt != transcript.attempt);
        if is_next {
            self.compare_last(counting);
        }
        self.last = Some(transcript);
    }

    /// Compares the last transcript with the first one.
    fn compare_last(&mut self, counting: Counting) {
        let Some(last) = self.last.as_ref().filter(|_| counting == Counting::Each) else {
            return;
        };
        match &self.first {
            None => self.first = Some(last.clone()),
            Some(first) if self.unsteady.is_none() => self.unsteady = between(first, last),
            Some(_) => {}
        }
    }
}

/// Returns the verdict as a snapshot holds it, or `None` if the scenario was not judged.
fn verdict(outcome: &Outcome) -> Option<String> {
    let word = match outcome.verdict {
        Verdict::Pass => "ok",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
        Verdict::Error | Verdict::Skip => return None,
    };
    Some(match outcome.kind {
        Some(kind) => format!("{word} · {}", kind.name()),
        None => word.to_owned(),
    })
}

fn section(transcript: &Transcript, verdict: &str) -> Section {
    let lines = |lines: &[crate::runner::TranscriptLine]| {
        let lines = lines.iter().map(|line| {
            let direction = match line.received {
                true => Direction::Received,
                false => Direction::Sent,
            };
            Line::new(direction, &line.text)
        });
        lines.collect()
    };
    let lanes = transcript
        .lanes
        .iter()
        .map(|lane| Lane::new(&lane.client, lines(&lane.lines), lines(&lane.also)));
    let profile = transcript.profile.as_deref();
    let heading = Heading::new(&transcript.scenario, transcript.transport, profile);
    Section::new(heading, verdict, lanes.collect())
}
