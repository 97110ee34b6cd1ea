//! What was not right in earlier runs, for `run --failed`.
//!
//! A small file in the user's cache folder holds the ids. There is one file for each target and working folder.

use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
};

use sha1::{Digest, Sha1};

use super::{cache, error::CliError};
use crate::{
    data::hex,
    runner::{Record, Verdict},
};

/// The limit on the ids in one file.
const IDS: usize = 5_000;

/// The limit on the files. The files that were not written for the longest time are removed.
const FILES: usize = 200;

/// The file with the ids of the scenarios that were not right, for one target and working folder.
#[derive(Clone, Debug)]
pub(super) struct LastRun {
    path: PathBuf,
}

impl LastRun {
    /// Returns the file for a target and the working folder. `target` consists of the values of `--target` and `--url`.
    /// Returns `None` if the user has no cache folder.
    pub(super) fn of(target: &[&str]) -> Option<Self> {
        Some(Self::within(
            &cache::folder()?,
            target,
            &env::current_dir().ok()?,
        ))
    }

    fn within(cache: &Path, target: &[&str], folder: &Path) -> Self {
        let mut hash = Sha1::new();
        hash.update(folder.as_os_str().as_encoded_bytes());
        for part in target {
            // A byte that no text contains separates the parts.
            hash.update([0xff]);
            hash.update(part);
        }
        let name = hex(&hash.finalize());
        Self {
            path: cache.join("last").join(name),
        }
    }

    /// Returns the ids of the scenarios that were not right when they ran last. Returns `None` if no run is recorded.
    fn read(&self) -> Option<BTreeSet<String>> {
        let text = fs::read_to_string(&self.path).ok()?;
        Some(text.lines().take(IDS).map(str::to_owned).collect())
    }

    /// Returns the ids of the scenarios that were not right when they ran last. `last_run` is `None` if the user has no
    /// cache folder.
    ///
    /// # Errors
    ///
    /// Returns an error if no run is recorded, or if everything was right.
    pub(super) fn not_right(last_run: Option<&Self>) -> Result<BTreeSet<String>, CliError> {
        let ids = last_run.and_then(Self::read);
        let ids = ids.ok_or(CliError::NothingRecorded)?;
        if ids.is_empty() {
            return Err(CliError::NothingFailed);
        }
        Ok(ids)
    }

    /// Records a run: removes the scenarios that are right from the list, adds those that are not, and keeps those that
    /// did not run.
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be written.
    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        let mut ids = self.read().unwrap_or_default();
        for outcome in &record.outcomes {
            if outcome.verdict != Verdict::Skip {
                ids.remove(&outcome.id);
            }
            if outcome.needs_attention() && outcome.known.is_none() {
                ids.insert(outcome.id.clone());
            }
        }
        let lines: String = ids.iter().take(IDS).map(|id| format!("{id}\n")).collect();
        let folder = self.path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)?;
        fs::write(&self.path, lines)?;
        cache::remove_oldest(folder, FILES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    #[test]
    fn a_scenario_stays_in_the_list_until_it_is_right() {
        let cache = tempfile::tempdir().unwrap();
        let last = LastRun::within(cache.path(), &["a.yaml"], Path::new("/work"));
        assert_eq!(last.read(), None);
        let ids = |record: &Record| {
            last.write(record).unwrap();
            last.read().unwrap().into_iter().collect::<Vec<_>>()
        };
        let mut record = samples::record();
        assert_eq!(ids(&record), ["acks/late", "rooms/to-excludes-sender"]);
        // A run of other scenarios changes nothing.
        record.outcomes = vec![samples::passed(), samples::skipped()];
        assert_eq!(ids(&record), ["acks/late", "rooms/to-excludes-sender"]);
        let mut right = samples::passed();
        right.id = "acks/late".to_owned();
        record.outcomes = vec![right];
        assert_eq!(ids(&record), ["rooms/to-excludes-sender"]);
        let other = LastRun::within(cache.path(), &["b.yaml"], Path::new("/work"));
        assert_eq!(other.read(), None);
    }

    #[test]
    fn the_number_of_files_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..FILES + 5 {
            fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        cache::remove_oldest(folder.path(), FILES).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), FILES);
    }
}
