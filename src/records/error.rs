//! Why a record can't be written, read or joined with others.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The error of a record that can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write the record {}: {source}", .path.display())]
pub struct WriteRecordError {
    pub(super) path: PathBuf,
    #[source]
    pub(super) source: io::Error,
}

/// The error of a record that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read the record {}: {why}", .path.display())]
pub struct ReadRecordError {
    pub(super) path: PathBuf,
    pub(super) why: Unreadable,
}

/// Why a record can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is no record of sockspec")]
    Foreign,
    #[error("it is empty, or was cut before its first line was complete")]
    Headless,
    #[error("it has the format `{format}`, which only a newer version can read{}", writer(.version.as_deref()))]
    NewerFormat {
        format: String,
        version: Option<String>,
    },
    #[error(
        "line {line} holds something that this version, {}, does not know{}: {detail}",
        env!("CARGO_PKG_VERSION"), writer(Some(version))
    )]
    NewerEvent {
        line: usize,
        version: String,
        detail: String,
    },
    #[error("line {line} holds {event} a second time")]
    Doubled { line: usize, event: String },
    #[error("line {line} holds {event} after the end of the run")]
    AfterEnd { line: usize, event: String },
    #[error("line {line} begins a second record")]
    SecondRecord { line: usize },
    #[error("line {line} is damaged: {detail}")]
    Damaged { line: usize, detail: String },
    #[error("line {line} is longer than {limit} bytes")]
    LongLine { line: usize, limit: usize },
    #[error("it holds more than {limit} bytes")]
    TooLarge { limit: u64 },
}

/// Returns which version of sockspec wrote a record, as the end of a clause.
fn writer(version: Option<&str>) -> String {
    version
        .map(|version| format!("; sockspec {version} wrote the record"))
        .unwrap_or_default()
}

impl Unreadable {
    pub(super) fn of(self, path: &Path) -> ReadRecordError {
        ReadRecordError {
            path: path.to_owned(),
            why: self,
        }
    }
}

/// The reason why records are not the parts of one run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnmergeableError {
    /// A record can't be read.
    #[error(transparent)]
    Unreadable(#[from] ReadRecordError),
    /// Two records are of different runs.
    #[error(
        "{} and {} are not parts of the same run: they have different {what} ({left} and {right})",
        .first.display(), .other.display()
    )]
    Different {
        /// What the two records have to share, such as `suites`.
        what: &'static str,
        /// The path of the first record.
        first: PathBuf,
        /// The value in the first record.
        left: String,
        /// The path of the other record.
        other: PathBuf,
        /// The value in the other record.
        right: String,
    },
    /// A record is no part of a divided run.
    #[error(
        "{} holds a whole run, not a part: run each part with `--partition`", .path.display()
    )]
    Whole {
        /// The path of the record.
        path: PathBuf,
    },
    /// Two records are the same part.
    #[error("part {part} is there twice: {} and {}", .first.display(), .second.display())]
    Doubled {
        /// The number of the part.
        part: u32,
        /// The path of one record.
        first: PathBuf,
        /// The path of the other record.
        second: PathBuf,
    },
    /// Parts are missing.
    #[error("of {of} parts, these are missing: {missing}")]
    Missing {
        /// The number of parts of the run.
        of: u32,
        /// The numbers of the missing parts.
        missing: String,
    },
}
