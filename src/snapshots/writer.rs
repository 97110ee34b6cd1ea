//! Writes snapshot files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::SnapshotFile;
use crate::{replacement, scenario::SourceFile};

/// The error of a snapshot that can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write the snapshot {}: {source}", .path.display())]
pub struct WriteSnapshotError {
    pub(super) path: PathBuf,
    #[source]
    pub(super) source: io::Error,
}

impl SnapshotFile {
    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "---\nsource: {}\nexpression: transcripts\n---\n",
            yaml(&self.source)
        );
        for (index, section) in self.sections.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            text += &format!("== {} ==\n", section.heading);
            text += &format!("verdict: {}\n", section.verdict());
            for lane in &section.lanes {
                text += &format!("\n[{}]\n", lane.client());
                for line in lane.lines() {
                    text += &line;
                    text.push('\n');
                }
            }
        }
        text
    }
}

/// Creates or replaces a snapshot file in one step.
///
/// # Errors
///
/// Returns an error if the operating system refuses, or if the file would be larger than [`read`](super::read) takes.
pub fn write(path: &Path, file: &SnapshotFile) -> Result<(), WriteSnapshotError> {
    write_text(path, &file.to_text()).map_err(|source| WriteSnapshotError {
        path: path.to_owned(),
        source,
    })
}

/// Creates or replaces a file in one step.
pub(super) fn write_text(path: &Path, text: &str) -> io::Result<()> {
    if text.len() > SourceFile::MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it would be larger than 4 MiB",
        ));
    }
    replacement::replace(path, |unfinished| fs::write(unfinished, text))
}

/// Returns a text as YAML: as it is if YAML reads it as this text, else in double quotes.
fn yaml(text: &str) -> String {
    let is_plain = |character: char| {
        character.is_alphanumeric() || matches!(character, '/' | '.' | '_' | '-' | ' ' | '+' | '@')
    };
    let begins_plain = text.starts_with(|first: char| first.is_alphabetic() || first == '/');
    if begins_plain && text.chars().all(is_plain) && !text.ends_with(' ') {
        text.to_owned()
    } else {
        crate::text::json_string(text)
    }
}
