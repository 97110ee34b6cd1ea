//! Joins the records of the parts of a run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Header, ReadRecordError, Replayed, UnmergeableError,
    player::{Player, unmasked},
    reader::Reader,
};
use crate::{
    runner::{
        Event, EventKind, Notice, Partition, Record, RequirementNote, RunInfo, Summary, belied,
        suspect,
    },
    targets::Masked,
};

/// One part of a run, as its record describes it.
#[derive(Debug)]
struct Part<'p> {
    path: &'p Path,
    header: Header,
    partition: Partition,
    record: Record,
    is_cut: bool,
}

/// The parts of one run, all of them.
#[derive(Debug)]
pub struct Parts<'p> {
    first: Part<'p>,
    others: Vec<Part<'p>>,
}

impl<'p> Parts<'p> {
    /// Reads the records of all parts of a run, without the outcomes.
    ///
    /// # Errors
    ///
    /// Returns an error if a record can't be read, if the records are not parts of one run, or if a part is missing or
    /// there twice.
    pub fn read(paths: &'p [PathBuf]) -> Result<Self, UnmergeableError> {
        let mut parts = read_parts(paths)?.into_values();
        let first = parts.next().ok_or(UnmergeableError::Missing {
            of: 1,
            missing: "1".to_owned(),
        })?;
        Ok(Self {
            first,
            others: parts.collect(),
        })
    }

    /// Returns the first line for the record of the whole run.
    pub fn header(&self) -> Masked<Header> {
        unmasked().masked(Header {
            partition: None,
            ..self.first.header.clone()
        })
    }

    /// Plays the parts as one run: part after part. The time of each event counts from the start of its part.
    ///
    /// # Errors
    ///
    /// Returns an error if a record can't be read any more.
    pub fn play(&self, emit: &mut impl FnMut(&Masked<Event>)) -> Result<Replayed, ReadRecordError> {
        let mut player = Player::new(emit);
        player.play(Event {
            at: Duration::ZERO,
            kind: EventKind::RunStarted(RunInfo {
                scenarios: self.all().map(|part| part.record.info.scenarios).sum(),
                requirements: self.requirements(),
                ..self.first.record.info.clone()
            }),
        });
        for part in self.all() {
            let (_, mut reader) = Reader::open(part.path)?;
            while let Some(event) = reader.next()? {
                if is_of_a_part(&event.kind) {
                    player.play(event);
                }
            }
        }
        self.end(&mut player);
        Ok(Replayed {
            header: self.header(),
            record: unmasked().masked(player.record),
            is_cut: self.is_cut(),
        })
    }

    /// Returns the requirements that the scenarios of all parts verify, sorted by id.
    fn requirements(&self) -> Vec<RequirementNote> {
        let of_parts = self.all().flat_map(|part| &part.record.info.requirements);
        let by_id: BTreeMap<_, _> = of_parts.map(|one| (&one.id, one)).collect();
        by_id.into_values().cloned().collect()
    }

    /// Plays the events at the end of the whole run.
    fn end(&self, player: &mut Player<'_, impl FnMut(&Masked<Event>)>) {
        let at = player.last;
        for notice in self.notices(&player.record) {
            let kind = EventKind::Noticed(notice);
            player.play(Event { at, kind });
        }
        let durations = self.all().map(|part| part.record.summary.duration);
        let duration = durations.max().unwrap_or_default();
        if self.is_cut() {
            player.finish_cut(duration);
            return;
        }
        if self.all().any(|part| part.record.summary.interrupted) {
            let kind = EventKind::Interrupted;
            player.play(Event { at, kind });
        }
        let summary = Summary {
            duration,
            ..player.record.summary
        };
        let kind = EventKind::RunFinished(summary);
        player.play(Event { at, kind });
    }

    fn all(&self) -> impl Iterator<Item = &Part<'p>> {
        [&self.first].into_iter().chain(&self.others)
    }

    fn is_cut(&self) -> bool {
        self.all().any(|part| part.is_cut)
    }

    /// Returns the notices of the whole run.
    fn notices(&self, whole: &Record) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut played_again = 0;
        for notice in self.all().flat_map(|part| &part.record.notices) {
            match notice {
                Notice::PlayedAgain { attempts } => played_again += attempts,
                // Whether a capability is belied, whether anything runs, and what most failures have in common can be
                // said of the whole run only.
                Notice::NonePassed { .. }
                | Notice::NothingRuns
                | Notice::RecordCut { .. }
                | Notice::Suspect { .. } => {}
                Notice::CertificatesNotChecked
                | Notice::EndsByItself { .. }
                | Notice::FenceNotAcknowledged { .. }
                | Notice::Silent { .. }
                | Notice::SurvivesEachAlone { .. }
                | Notice::TargetEnded { .. }
                | Notice::TargetLost { .. }
                | Notice::TierLeftOut { .. }
                | Notice::UnlistedGreetings { .. } => {
                    if !notices.contains(notice) {
                        notices.push(notice.clone());
                    }
                }
            }
        }
        let runs_nothing = |part: &Part<'_>| part.record.notices.contains(&Notice::NothingRuns);
        if self.all().all(runs_nothing) {
            notices.push(Notice::NothingRuns);
        }
        notices.extend(belied(&whole.outcomes));
        notices.extend(suspect(&whole.outcomes));
        if played_again > 0 {
            notices.push(Notice::PlayedAgain {
                attempts: played_again,
            });
        }
        notices
    }
}

/// Returns true for an event that a joined run takes from each part. The others are made anew for the whole run.
fn is_of_a_part(kind: &EventKind) -> bool {
    match kind {
        EventKind::Interrupted
        | EventKind::Noticed(_)
        | EventKind::RunFinished(_)
        | EventKind::RunStarted(_) => false,
        EventKind::AttemptStarted { .. }
        | EventKind::AttemptTraced(_)
        | EventKind::AttemptTranscribed(_)
        | EventKind::SnapshotsCompared(_)
        | EventKind::ScenarioFinished(_)
        | EventKind::ScenarioRetried { .. }
        | EventKind::ScenarioSlow { .. }
        | EventKind::ScenarioStarted { .. }
        | EventKind::TargetDied { .. }
        | EventKind::TargetRestarted(_)
        | EventKind::TargetStarted(_) => true,
    }
}

/// Reads the records, and checks that they are all parts of one run. Returns the parts by number.
fn read_parts(paths: &[PathBuf]) -> Result<BTreeMap<u32, Part<'_>>, UnmergeableError> {
    let mut parts: BTreeMap<u32, Part<'_>> = BTreeMap::new();
    for path in paths {
        let part = read_part(path)?;
        if let Some(first) = parts.values().next() {
            check_same_run(first, &part)?;
        }
        let number = part.partition.part;
        if let Some(known) = parts.get(&number) {
            return Err(UnmergeableError::Doubled {
                part: number,
                first: known.path.to_owned(),
                second: path.clone(),
            });
        }
        parts.insert(number, part);
    }
    let of = parts.values().next().map_or(0, |part| part.partition.of);
    let missing = (1..=of).filter(|number| !parts.contains_key(number));
    // Name at most 20 of the missing parts.
    let missing: Vec<_> = missing.take(20).map(|number| number.to_string()).collect();
    if missing.is_empty() {
        Ok(parts)
    } else {
        Err(UnmergeableError::Missing {
            of,
            missing: missing.join(", "),
        })
    }
}

fn read_part(path: &Path) -> Result<Part<'_>, UnmergeableError> {
    let (header, mut reader) = Reader::open(path)?;
    let Some(partition) = header.partition else {
        return Err(UnmergeableError::Whole {
            path: path.to_owned(),
        });
    };
    let (mut record, mut is_cut) = (Record::default(), true);
    while let Some(event) = reader.next()? {
        is_cut &= !matches!(event.kind, EventKind::RunFinished(_));
        record.summary.duration = record.summary.duration.max(event.at);
        // The outcomes are read again when the part is played.
        if !matches!(event.kind, EventKind::ScenarioFinished(_)) {
            record.add(&event);
        }
    }
    Ok(Part {
        path,
        header,
        partition,
        record,
        is_cut,
    })
}

/// What all parts of a run have in common. Each field is a text that an error message can show.
struct Common {
    suite: String,
    target: String,
    partition: String,
    capabilities: String,
}

impl Common {
    fn of(part: &Part<'_>) -> Self {
        let Header { suite, target, .. } = &part.header;
        let start = |digest: &str| digest.get(..12).unwrap_or_default().to_owned();
        let Partition { by, part: _, of } = part.partition;
        Self {
            suite: format!(
                "{} scenarios, digest {}",
                suite.scenarios,
                start(&suite.digest)
            ),
            target: format!(
                "{}, fingerprint {}",
                target.name,
                start(&target.fingerprint)
            ),
            partition: format!("{of} parts by {by}"),
            capabilities: part.record.info.provides.join(", "),
        }
    }
}

fn check_same_run(first: &Part<'_>, other: &Part<'_>) -> Result<(), UnmergeableError> {
    let (left, right) = (Common::of(first), Common::of(other));
    let checks = [
        ("suites", left.suite, right.suite),
        ("targets", left.target, right.target),
        ("partitions", left.partition, right.partition),
        ("capabilities", left.capabilities, right.capabilities),
    ];
    match checks.into_iter().find(|(_, left, right)| left != right) {
        None => Ok(()),
        Some((what, left, right)) => Err(UnmergeableError::Different {
            what,
            first: first.path.to_owned(),
            left,
            other: other.path.to_owned(),
            right,
        }),
    }
}
