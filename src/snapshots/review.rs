//! The answers of a reviewer, and the files as they are after these answers.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Change, Heading, PendingFile, SnapshotFile, WriteSnapshotError, changes::all_headings,
    writer::write_text,
};
use crate::replacement;

/// The answer of a reviewer to one change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The change is right: it goes into the `.snap` file.
    Accept,
    /// The change is wrong: it leaves the `.snap.new` file.
    Reject,
}

/// A review of one snapshot. Each answer is written at once and can be taken back.
#[derive(Debug)]
pub struct Review {
    file: PendingFile,
    answers: BTreeMap<Heading, Answer>,
    /// What the two files hold on the disk; `None` for a file that does not exist.
    written: Texts,
}

/// The texts of a `.snap` and a `.snap.new` file; `None` for a file that does not exist.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Texts {
    stored: Option<String>,
    pending: Option<String>,
}

/// The error of an answer that can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Another program has changed a file since the review began.
    #[error("{} has changed since the review began; run `sockspec review` again", .0.display())]
    ChangedMeanwhile(PathBuf),
    /// A file can't be written or removed.
    #[error(transparent)]
    Write(#[from] WriteSnapshotError),
}

impl Review {
    /// Begins the review of a snapshot.
    pub fn new(file: PendingFile) -> Self {
        Self {
            written: Texts {
                stored: file.stored_text.clone(),
                pending: Some(file.pending_text.clone()),
            },
            answers: BTreeMap::new(),
            file,
        }
    }

    /// Returns the snapshot as it was when the review began.
    pub fn file(&self) -> &PendingFile {
        &self.file
    }

    /// Checks that the files of this review can be written, by writing a temporary file beside them.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub fn try_out(&self) -> Result<(), WriteSnapshotError> {
        let path = &self.file.stored_path;
        replacement::try_out(path).map_err(|source| WriteSnapshotError {
            path: path.clone(),
            source,
        })
    }

    /// Gives answers to the changes with these headings, or takes their answers back with `None`, and writes the files.
    ///
    /// # Errors
    ///
    /// Returns an error if a file can't be written, or if another program has changed it. The answers don't count then.
    pub fn answer<'h>(
        &mut self,
        headings: impl IntoIterator<Item = &'h Heading>,
        answer: Option<Answer>,
    ) -> Result<(), ReviewError> {
        let mut answers = self.answers.clone();
        for heading in headings {
            match answer {
                Some(answer) => answers.insert(heading.clone(), answer),
                None => answers.remove(heading),
            };
        }
        self.write(self.texts_after(&answers))?;
        self.answers = answers;
        Ok(())
    }

    /// Returns what the two files hold after these answers.
    fn texts_after(&self, answers: &BTreeMap<Heading, Answer>) -> Texts {
        if answers.is_empty() {
            return Texts {
                stored: self.file.stored_text.clone(),
                pending: Some(self.file.pending_text.clone()),
            };
        }
        let accepts = |change: &Change| answers.get(change.heading()) == Some(&Answer::Accept);
        let rejects = |change: &Change| answers.get(change.heading()) == Some(&Answer::Reject);
        let stored = self.merged(accepts);
        let pending = self.merged(|change| !rejects(change));
        let text = |file: &SnapshotFile| (!file.sections.is_empty()).then(|| file.to_text());
        Texts {
            pending: (stored.sections != pending.sections).then(|| pending.to_text()),
            stored: text(&stored),
        }
    }

    /// Returns the snapshot with the new form of the changes for which `takes_new` is true, and the old form of the
    /// others.
    fn merged(&self, takes_new: impl Fn(&Change) -> bool) -> SnapshotFile {
        let PendingFile {
            stored, pending, ..
        } = &self.file;
        let changes: BTreeMap<&Heading, &Change> = self
            .file
            .changes()
            .iter()
            .map(|change| (change.heading(), change))
            .collect();
        let headings = all_headings(stored.as_ref(), pending);
        let unchanged = pending.by_heading();
        let sections = headings.iter().filter_map(|heading| {
            let section = match changes.get(heading) {
                Some(change) if takes_new(change) => change.after(),
                Some(change) => change.before(),
                None => unchanged.get(heading).copied(),
            };
            section.cloned()
        });
        SnapshotFile {
            source: pending.source.clone(),
            sections: sections.collect(),
        }
    }

    /// Writes what differs from the files on the disk. The `.snap` file comes first: if the program is stopped between
    /// the two, the accepted changes are merely no changes any more.
    fn write(&mut self, texts: Texts) -> Result<(), ReviewError> {
        let (stored, pending) = (self.file.stored_path.clone(), self.file.pending_path());
        check_unchanged(&stored, self.written.stored.as_deref())?;
        check_unchanged(&pending, self.written.pending.as_deref())?;
        replace(&stored, &mut self.written.stored, texts.stored)?;
        replace(&pending, &mut self.written.pending, texts.pending)?;
        Ok(())
    }
}

/// Returns an error if a file no longer holds the text `expected`, or exists although `expected` is `None`.
fn check_unchanged(path: &Path, expected: Option<&str>) -> Result<(), ReviewError> {
    let found = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Ok(text) => Some(text.trim_start_matches('\u{feff}').to_owned()),
        Err(_) => return Err(ReviewError::ChangedMeanwhile(path.to_owned())),
    };
    if found.as_deref() == expected {
        Ok(())
    } else {
        Err(ReviewError::ChangedMeanwhile(path.to_owned()))
    }
}

/// Writes or removes a file, if it does not hold the text yet.
fn replace(
    path: &Path,
    written: &mut Option<String>,
    text: Option<String>,
) -> Result<(), WriteSnapshotError> {
    if *written == text {
        return Ok(());
    }
    let done = match &text {
        Some(text) => write_text(path, text),
        None => fs::remove_file(path),
    };
    done.map_err(|source| WriteSnapshotError {
        path: path.to_owned(),
        source,
    })?;
    *written = text;
    Ok(())
}
