//! The snapshots below a folder that have changes to review.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    Change, SnapshotFile, changes,
    reader::{parse, source_file},
};
use crate::{
    folder::{UnreadableFolder, files_below},
    scenario::Diagnostic,
};

/// The limit on the depth of nested folders in which snapshots are searched.
const DEPTH: usize = 32;

/// A snapshot with changes to review: what the `.snap` and the `.snap.new` file hold.
#[derive(Clone, Debug)]
pub struct PendingFile {
    /// The path of the `.snap` file.
    pub stored_path: PathBuf,
    /// What the `.snap` file holds; `None` if there is none.
    pub(super) stored: Option<SnapshotFile>,
    /// What the `.snap.new` file holds.
    pub(super) pending: SnapshotFile,
    /// The text of the `.snap` file, to notice later that another program has changed it.
    pub(super) stored_text: Option<String>,
    /// The text of the `.snap.new` file.
    pub(super) pending_text: String,
    changes: Vec<Change>,
}

/// The error of a folder whose snapshots can't be found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Files are no snapshots that can be read. Holds the first mistake of each.
    #[error("snapshots can't be read")]
    Mistakes(Vec<Diagnostic>),
    /// A folder can't be read.
    #[error("can't read {}: {source}", .path.display())]
    Folder {
        /// The path of the folder.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
}

impl From<UnreadableFolder> for FindError {
    fn from(UnreadableFolder { path, source }: UnreadableFolder) -> Self {
        Self::Folder { path, source }
    }
}

impl PendingFile {
    /// Reads the `.snap` file at this path, if there is one, and the `.snap.new` file beside it.
    ///
    /// # Errors
    ///
    /// Returns the first mistake in one of the files.
    pub fn read(stored_path: &Path) -> Result<Self, Box<Diagnostic>> {
        let exists = stored_path.symlink_metadata().is_ok();
        let stored_file = exists.then(|| source_file(stored_path)).transpose()?;
        let pending_file = source_file(&pending_path(stored_path))?;
        let stored = stored_file.as_ref().map(parse).transpose()?;
        let pending = parse(&pending_file)?;
        Ok(Self {
            stored_path: stored_path.to_owned(),
            changes: changes(stored.as_ref(), &pending),
            stored,
            pending,
            stored_text: stored_file.map(|file| file.text.clone()),
            pending_text: pending_file.text.clone(),
        })
    }

    /// Returns the path of the `.snap.new` file.
    pub fn pending_path(&self) -> PathBuf {
        pending_path(&self.stored_path)
    }

    /// Returns the path of the scenario file, as the last run named it.
    pub fn source(&self) -> &str {
        &self.pending.source
    }

    /// Returns the changes to review.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

/// Returns the path of the `.snap.new` file beside a `.snap` file.
pub fn pending_path(stored_path: &Path) -> PathBuf {
    let mut name = stored_path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    stored_path.with_file_name(name)
}

/// Returns the path of the `.snap` file beside a `.snap.new` file. Returns `None` if the file has another name.
pub fn stored_path(pending_path: &Path) -> Option<PathBuf> {
    let name = pending_path.file_name()?.to_str()?;
    let stored = name.strip_suffix(".new")?;
    let is_snapshot = stored.ends_with(".snap") && stored != ".snap";
    is_snapshot.then(|| pending_path.with_file_name(stored))
}

/// Returns the snapshots at this path that have a `.snap.new` file, in the order of their paths. The path is a folder,
/// which is searched with all folders below it, or the path of a `.snap` or `.snap.new` file.
///
/// # Errors
///
/// Returns an error if a folder can't be read, or the first mistake of each file that can't be read.
pub fn pending_files(path: &Path) -> Result<Vec<PendingFile>, FindError> {
    let mut paths = Vec::new();
    match stored_path(path) {
        Some(stored) if path.is_file() => paths.push(stored),
        _ if pending_path(path).is_file() => paths.push(path.to_owned()),
        // A `.snap` file without changes.
        _ if path.is_file() => {}
        _ => paths.extend(
            files_below(path, DEPTH)?
                .iter()
                .filter_map(|path| stored_path(path)),
        ),
    }
    let mut files = Vec::new();
    let mut mistakes = Vec::new();
    for path in paths {
        match PendingFile::read(&path) {
            Ok(file) => files.push(file),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(files)
    } else {
        Err(FindError::Mistakes(mistakes))
    }
}
