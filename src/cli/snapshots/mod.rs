//! `run --snapshot`: holds the transcripts of a run against the stored ones.

mod difference;
mod places;
mod transcripts;
mod unsteady;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use self::{
    difference::change_lines,
    places::{Places, Suite, folder_name, try_out},
    transcripts::{Counting, Judged, Transcripts},
};
use super::{
    Context,
    args::{RunArgs, SnapshotHow},
    error::CliError,
    selection::Selection,
};
use crate::{
    runner::{Event, Plan, SnapshotChange, SnapshotChangeKind, SnapshotMode, SnapshotReport},
    snapshots::{
        Change, Found, Heading, Section, SnapshotFile, next_pending, pending_path, read_if_exists,
        write,
    },
};

/// The folder with the snapshots of all targets.
pub(super) const FOLDER: &str = "reports/snapshots";

/// The stored transcripts of a run, and the transcripts that the run has made so far.
#[derive(Debug)]
pub(super) struct Snapshots {
    mode: SnapshotMode,
    folder: PathBuf,
    counting: Counting,
    places: Places,
    /// The stored files, by the path of the scenario file.
    stored: BTreeMap<PathBuf, Stored>,
    transcripts: Transcripts,
}

/// The files for one scenario file.
#[derive(Debug, Default)]
struct Stored {
    path: PathBuf,
    accepted: Option<SnapshotFile>,
    pending: Option<SnapshotFile>,
}

impl Snapshots {
    /// Reads the stored transcripts of all scenarios of a run.
    ///
    /// # Errors
    ///
    /// Returns an error if a file can't be read as a snapshot, or if the folder can't be written and the run writes.
    fn begin(
        mode: SnapshotMode,
        folder: PathBuf,
        repeat: u32,
        suite: &Suite<'_>,
    ) -> Result<Self, CliError> {
        if mode == SnapshotMode::Write {
            try_out(&folder)?;
        }
        let places = Places::of(suite);
        let mut stored = BTreeMap::new();
        let mut mistakes = Vec::new();
        for file in places.files() {
            let path = places::snapshot_path(&folder, file);
            let accepted = read_if_exists(&path).map_err(|mistake| mistakes.push(*mistake));
            let pending = read_if_exists(&pending_path(&path));
            let pending = pending.map_err(|mistake| mistakes.push(*mistake));
            stored.insert(
                file.clone(),
                Stored {
                    path,
                    accepted: accepted.ok().flatten(),
                    pending: pending.ok().flatten(),
                },
            );
        }
        if !mistakes.is_empty() {
            return Err(CliError::BadFiles(mistakes));
        }
        Ok(Self {
            mode,
            folder,
            counting: if repeat > 1 {
                Counting::Each
            } else {
                Counting::Last
            },
            places,
            stored,
            transcripts: Transcripts::default(),
        })
    }

    /// Reads the snapshots that a run is held against, if the user asks for it. `name` is that of the target.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Self::begin`].
    pub(super) fn of_run(
        args: &RunArgs,
        context: Context,
        selection: &Selection,
        plan: &Plan,
        name: &str,
    ) -> Result<Option<Self>, CliError> {
        let mode = match args.snapshot {
            None => return Ok(None),
            Some(SnapshotHow::Auto) if context.ci => SnapshotMode::Check,
            Some(SnapshotHow::Auto | SnapshotHow::Write) => SnapshotMode::Write,
            Some(SnapshotHow::Check) => SnapshotMode::Check,
        };
        let usual = || PathBuf::from(FOLDER).join(folder_name(name));
        let folder = args.snapshots.clone().unwrap_or_else(usual);
        let suite = Suite {
            scenarios: &selection.scenarios,
            plan,
            is_complete: selection.is_complete && args.partition.is_none(),
        };
        Self::begin(mode, folder, args.repeat, &suite).map(Some)
    }

    /// Takes in an event of the run.
    pub(super) fn add(&mut self, event: &Event) {
        self.transcripts.add(event, self.counting);
    }

    /// Compares the transcripts of the run with the stored ones, and writes what differs if the run writes.
    ///
    /// Returns the comparison, and an error for each file that could not be written.
    pub(super) fn finish(self) -> (SnapshotReport, Vec<CliError>) {
        let Self {
            mode,
            folder,
            counting: _,
            places,
            mut stored,
            transcripts,
        } = self;
        let mut judged: HashMap<PathBuf, Vec<Judged>> = HashMap::new();
        for transcript in transcripts.into_judged() {
            judged
                .entry(transcript.file.clone())
                .or_default()
                .push(transcript);
        }
        let mut report = SnapshotReport {
            folder,
            mode,
            same: 0,
            changes: Vec::new(),
        };
        let mut errors = Vec::new();
        for file in places.files() {
            let Some(stored) = stored.remove(file) else {
                continue;
            };
            let of_file = judged.remove(file).unwrap_or_default();
            let sections = compare(&mut report, &places, &stored, of_file);
            if mode == SnapshotMode::Write {
                errors.extend(write_pending(&places, file, &stored, sections).err());
            }
        }
        (report, errors)
    }
}

/// Adds to `report` how the transcripts of one scenario file differ from the stored ones. Returns those that are the same
/// in all repeats.
fn compare(
    report: &mut SnapshotReport,
    places: &Places,
    stored: &Stored,
    judged: Vec<Judged>,
) -> Vec<Section> {
    let accepted = stored.accepted.as_ref().map(SnapshotFile::by_heading);
    let accepted = accepted.unwrap_or_default();
    let mut changes = Vec::new();
    let mut sections = Vec::new();
    for Judged {
        section, unsteady, ..
    } in judged
    {
        let heading = section.heading.clone();
        let change = |kind, difference, proposal| {
            let change = changed(&heading, kind, &stored.path, difference, proposal);
            (places.position(&heading), change)
        };
        if let Some(unsteady) = unsteady {
            let kind = SnapshotChangeKind::Unsteady;
            changes.push(change(kind, unsteady.difference, unsteady.proposal));
            continue;
        }
        match accepted.get(&heading).copied() {
            Some(old) if *old == section => report.same += 1,
            Some(old) => {
                let lines = change_lines(&Change::Changed {
                    old: old.clone(),
                    new: section.clone(),
                });
                changes.push(change(SnapshotChangeKind::Changed, lines, None));
            }
            None => changes.push(change(SnapshotChangeKind::New, Vec::new(), None)),
        }
        sections.push(section);
    }
    for heading in accepted.keys().filter(|heading| places.is_gone(heading)) {
        let kind = SnapshotChangeKind::Gone;
        let change = changed(heading, kind, &stored.path, Vec::new(), None);
        changes.push((places.position(heading), change));
    }
    changes.sort_by(|(one, _), (other, _)| one.cmp(other));
    report
        .changes
        .extend(changes.into_iter().map(|(_, change)| change));
    sections
}

fn changed(
    heading: &Heading,
    kind: SnapshotChangeKind,
    path: &Path,
    difference: Vec<String>,
    proposal: Option<String>,
) -> SnapshotChange {
    SnapshotChange {
        scenario: heading.id().to_owned(),
        transport: heading.transport(),
        profile: heading.profile().map(str::to_owned),
        kind,
        file: path.to_owned(),
        difference,
        proposal,
    }
}

/// Writes the `.snap.new` file of a scenario file, or removes it if nothing differs any more.
fn write_pending(
    places: &Places,
    file: &Path,
    stored: &Stored,
    sections: Vec<Section>,
) -> Result<(), CliError> {
    let earlier = [&stored.accepted, &stored.pending];
    let earlier = earlier
        .into_iter()
        .flatten()
        .flat_map(SnapshotFile::sections);
    let earlier = earlier.map(|section| &section.heading);
    let now = sections.iter().map(|section| &section.heading);
    let found = Found {
        source: places::shown(file),
        order: places.order(now.chain(earlier)),
        sections,
    };
    let next = next_pending(stored.accepted.as_ref(), stored.pending.as_ref(), &found);
    let path = pending_path(&stored.path);
    match next {
        Some(next) if Some(&next) == stored.pending.as_ref() => Ok(()),
        Some(next) => Ok(write(&path, &next)?),
        None if stored.pending.is_some() => places::remove(&path),
        None => Ok(()),
    }
}
