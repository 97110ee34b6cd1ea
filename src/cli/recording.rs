//! The record that `run` writes: to the file of `--record`, and into the user's cache folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

use super::{args::RunArgs, cache, error::CliError, selection::Selection};
use crate::{
    clock,
    records::{Header, RECORD_SCHEMA_NAME, Suite, TestedTarget, Writer, events_of},
    runner::{Event, Record},
    targets::{Masked, Secrets},
};

/// How many records of earlier runs are kept, this one included.
const KEPT: usize = 5;

/// The record of a run that goes on.
#[derive(Debug)]
pub(super) struct Recording {
    /// `None` if nobody asked for a record, and the cache folder can't be written.
    writer: Option<Writer>,
    /// The file of `--record`.
    named: Option<PathBuf>,
}

impl Recording {
    /// Begins the record of a run. `name` is that of the target.
    ///
    /// # Errors
    ///
    /// Returns an error if the file of `--record` can't be written. Ignores errors in the cache folder: it only serves
    /// later commands.
    pub(super) fn begin(
        args: &RunArgs,
        selection: &Selection,
        name: &str,
        seed: u64,
        secrets: &Secrets,
    ) -> Result<Self, CliError> {
        let header = secrets.masked(Header {
            schema: RECORD_SCHEMA_NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            suite: Suite::of(&selection.scenarios),
            target: TestedTarget::new(name, &distinguishing_text(&args.target.target)),
            selectors: args.selectors.as_written(),
            partition: args.partition,
            seed,
        });
        let writer = match &args.record {
            Some(path) => Some(Writer::create(path, &header)?),
            None => kept_path().and_then(|path| Writer::create(&path, &header).ok()),
        };
        Ok(Self {
            writer,
            named: args.record.clone(),
        })
    }

    /// Records a run that failed before its record was begun.
    ///
    /// # Errors
    ///
    /// Returns an error if the file of `--record` can't be written.
    pub(super) fn of_failed_run(
        args: &RunArgs,
        selection: &Selection,
        record: &Masked<Record>,
    ) -> Result<(), CliError> {
        let info = &record.info;
        let secrets = Secrets::default();
        Self::begin(args, selection, &info.target, info.seed, &secrets)?.complete_with(record)
    }

    /// Adds the events of a run that could not begin, and completes the record.
    ///
    /// # Errors
    ///
    /// Returns an error if the file of `--record` could not be written.
    pub(super) fn complete_with(mut self, record: &Masked<Record>) -> Result<(), CliError> {
        for event in events_of(record) {
            self.add(&event);
        }
        self.finish()
    }

    /// Adds an event of the run.
    pub(super) fn add(&mut self, event: &Masked<Event>) {
        if let Some(writer) = &mut self.writer {
            writer.add(event);
        }
    }

    /// Completes the record.
    ///
    /// # Errors
    ///
    /// Returns an error if the file of `--record` could not be written.
    pub(super) fn finish(self) -> Result<(), CliError> {
        let Some(writer) = self.writer else {
            return Ok(());
        };
        let finished = writer.finish();
        match &self.named {
            Some(path) => {
                finished?;
                // A failure is ignored, because the copy only serves later commands.
                let _ = kept_path().map(|kept| keep_copy(path, &kept));
            }
            None => drop(finished),
        }
        // The folder can grow by a few files if this fails.
        let _ = kept_folder().map(|folder| cache::remove_oldest(&folder, KEPT));
        Ok(())
    }
}

/// Returns the record of the last run.
///
/// # Errors
///
/// Returns an error if no run is recorded.
pub(super) fn last() -> Result<PathBuf, CliError> {
    let kept = kept_folder().and_then(|folder| cache::by_age(&folder).ok());
    kept.and_then(|mut kept| kept.pop())
        .ok_or(CliError::NoRecord)
}

fn keep_copy(path: &Path, kept: &Path) -> std::io::Result<u64> {
    if let Some(folder) = kept.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(path, kept)
}

fn kept_folder() -> Option<PathBuf> {
    cache::folder().map(|folder| folder.join("records"))
}

/// Returns the path of a new record in the cache folder.
fn kept_path() -> Option<PathBuf> {
    let now = clock::since_epoch().as_millis();
    let name = format!("{now}-{}.record", process::id());
    kept_folder().map(|folder| folder.join(name))
}

/// Returns the text that tells a target from others: its manifest, or else what `--target` names.
fn distinguishing_text(target: &str) -> String {
    // Reading a named pipe would block, and its content has been read already.
    let text = Path::new(target)
        .is_file()
        .then(|| fs::read_to_string(target).ok());
    text.flatten().unwrap_or_else(|| target.to_owned())
}
