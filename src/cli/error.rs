//! The errors that end a command early, and the exit status of each.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::Exit;
use crate::{
    client::{ConnectFailure, TlsPolicyError},
    records::{ReadRecordError, UnmergeableError, WriteRecordError},
    report::{FormatError, WriteError},
    runner::StartError,
    scenario::Diagnostic,
    snapshots::{ReviewError, WriteSnapshotError},
    targets::ProbeError,
    text::one_of,
};

/// An error that ends a command early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Files contain mistakes; the program prints all of them.
    #[error("{}", count_mistakes(.0))]
    BadFiles(Vec<Diagnostic>),
    /// No client with the token of `init --token` gets into the application.
    #[error("no client with this token gets into {namespace}: {seen}")]
    LoginRefused {
        /// The namespace that the clients tried to join.
        namespace: String,
        /// What the probe saw instead.
        seen: String,
    },
    /// The user interrupted the run before its first scenario, or a second time before the run had shut down.
    #[error("interrupted")]
    Interrupted,
    /// The reference server can't listen on its port.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// The address and port of the reference server.
        address: String,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// FILE:LINE names a line after the end of the file.
    #[error("there is no line {line} in {}: it has {}", .path.display(), crate::text::humanize::count(*.lines, "line"))]
    NoSuchLine {
        /// The path of the file in FILE:LINE.
        path: PathBuf,
        /// The line in FILE:LINE.
        line: usize,
        /// The number of lines in the file.
        lines: usize,
    },
    /// There is no file or folder at this path.
    #[error("no such file or folder: {}", .path.display())]
    NoSuchFile {
        /// The path as the user wrote it.
        path: PathBuf,
        /// A hint: what to write instead.
        help: Option<String>,
    },
    /// A file that the command would create exists.
    #[error("{} exists", .0.display())]
    Exists(PathBuf),
    /// A file can't be created.
    #[error("can't create {}: {source}", .path.display())]
    Uncreated {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The expression of `-E` has a mistake.
    #[error("`-E` {expression:?}: {detail}")]
    Expression {
        /// The expression as the user wrote it.
        expression: String,
        /// What is wrong with the expression.
        detail: String,
    },
    /// The file that a selector names holds no scenarios, because it is a file of another kind.
    #[error("{} is {what} and holds no scenarios", .path.display())]
    NoScenarios {
        /// The path as the user wrote it.
        path: PathBuf,
        /// What the file is instead.
        what: &'static str,
        /// A hint: what to type instead.
        help: String,
    },
    /// There is no manifest at this path.
    #[error("no such target: {}", .0.display())]
    NoSuchTarget(PathBuf),
    /// Every selected scenario is in a tier that runs only with `--include`. Holds the options to add.
    #[error("every selected scenario is in a tier that is off by default: {0}")]
    OnlyOnDemand(String),
    /// No Engine.IO or WebSocket server answered the probe.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The file of `--proof` is not a report of `prove`.
    #[error("can't read a proof from {}: {detail}", .path.display())]
    Proof {
        /// The path of the file that `--proof` names.
        path: PathBuf,
        /// What is wrong with the file that `--proof` names.
        detail: String,
    },
    /// A report would replace a file that the command reads.
    #[error("the report {} would replace {}, which this command reads", .report.display(), .input.display())]
    OntoInput {
        /// The path of the report, or of a new baseline.
        report: PathBuf,
        /// The path of the file that the command reads.
        input: PathBuf,
    },
    /// Two reports would be written to the same place.
    #[error("two reports have the same path")]
    SamePlace,
    /// The target can't be started.
    #[error("the target can't be started: {0}")]
    Start(#[from] StartError),
    /// The certificates of `--ca` can't be used.
    #[error(transparent)]
    Tls(#[from] TlsPolicyError),
    /// The given text is not the URL of a server.
    #[error("`{0}` is not the URL of a server; write `http://host:port`")]
    Url(String),
    /// The URL contains a user name or a password.
    #[error("{0} contains a user name or a password")]
    UrlWithUser(String),
    /// Every selected scenario needs a capability that neither sockspec nor one of the user's files declares.
    #[error("no scenario can run: no manifest provides {0}")]
    NothingProvides(String),
    /// Every scenario was skipped, so the run has no verdict.
    #[error("every scenario was skipped, so the target was not judged")]
    NothingJudged,
    /// A command reads the record of the last run, and there is none.
    #[error("no run is recorded: run `sockspec run` first, or name a record")]
    NoRecord,
    /// Two columns of a matrix would have the same name.
    #[error("two of the servers are called `{0}`; give each manifest a `name` of its own")]
    DoubledServer(String),
    /// A server of a matrix could not be judged.
    #[error("{0} could not be judged, so there is no matrix")]
    Unjudged(String),
    /// This program can't be started once more.
    #[error("can't start sockspec for a run: {0}")]
    Program(#[source] io::Error),
    /// A record can't be read, or is no part of the same run as the others.
    #[error(transparent)]
    Record(#[from] UnmergeableError),
    /// A record can't be written.
    #[error(transparent)]
    WriteRecord(#[from] WriteRecordError),
    /// The answers of a review can't be written.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// `--failed` was given, and everything was right when it ran last.
    #[error("everything was right when it ran last on this target in this folder")]
    NothingFailed,
    /// `--failed` was given, and no earlier run is recorded.
    #[error("no earlier run on this target in this folder is recorded")]
    NothingRecorded,
    /// No selected scenario lists one of these faults under `catches`, so there is nothing to prove.
    #[error("no selected scenario that runs catches {}", one_of(.0.iter().map(String::as_str)))]
    NothingCatches(Vec<String>),
    /// Some of the scenarios need a capability that neither sockspec nor one of the user's files declares.
    #[error("scenarios were skipped because no manifest provides {0}")]
    UnknownNeed(String),
    /// A selector matches no scenario.
    #[error("no scenario matches `{selector}`")]
    NothingSelected {
        /// The selector as the user wrote it.
        selector: String,
        /// A hint: what to write instead.
        help: Option<String>,
    },
    /// The standard output can't be written.
    #[error("can't write to the standard output: {0}")]
    Output(#[from] io::Error),
    /// A report file can't be written.
    #[error(transparent)]
    Report(#[from] WriteError),
    /// A report can't be represented in its format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A folder can't be read.
    #[error("can't read {}: {source}", .path.display())]
    UnreadableFolder {
        /// The path that the user gave, or the path of a folder below it.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The run ended, but some of its reports or other results could not be written.
    #[error("{}; the run itself ended with exit status {} ({})", list(.errors), *.exit as u8, .exit.meaning())]
    Unwritten {
        /// One error for each report or other result that could not be written.
        errors: Vec<Self>,
        /// The exit status of the run.
        exit: Exit,
    },
    /// The async runtime can't be started.
    #[error("can't start the async runtime: {0}")]
    Runtime(#[source] io::Error),
    /// There is no fault or scenario with this id.
    #[error("there is no {kind} `{id}`")]
    Unknown {
        /// The type of thing that the id names: `fault` or `scenario`.
        kind: &'static str,
        /// The id as the user wrote it.
        id: String,
        /// A hint: the nearest known id.
        help: Option<String>,
    },
}

impl From<ReadRecordError> for CliError {
    fn from(error: ReadRecordError) -> Self {
        Self::Record(error.into())
    }
}

impl From<WriteSnapshotError> for CliError {
    fn from(error: WriteSnapshotError) -> Self {
        Self::Review(error.into())
    }
}

impl CliError {
    /// Returns the error for a missing file, without a hint.
    pub(super) fn no_such_file(path: &Path) -> Self {
        Self::NoSuchFile {
            path: path.to_owned(),
            help: None,
        }
    }

    /// Returns the exit status of the process for this error.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::BadFiles(_)
            | Self::Exists(_)
            | Self::DoubledServer(_)
            | Self::Expression { .. }
            | Self::NoScenarios { .. }
            | Self::NoSuchFile { .. }
            | Self::NoSuchLine { .. }
            | Self::NoSuchTarget(_)
            | Self::OntoInput { .. }
            | Self::Proof { .. }
            | Self::Record(_)
            | Self::SamePlace
            | Self::Tls(_)
            | Self::Unknown { .. }
            | Self::UnreadableFolder { .. }
            | Self::Url(_)
            | Self::UrlWithUser(_) => Exit::BadUsage,
            Self::Unwritten {
                exit: Exit::Conformant,
                ..
            } => Exit::NotRun,
            Self::Unwritten { exit, .. } => *exit,
            Self::Interrupted => Exit::Interrupted,
            Self::NothingCatches(_)
            | Self::NoRecord
            | Self::NothingFailed
            | Self::NothingJudged
            | Self::NothingProvides(_)
            | Self::NothingRecorded
            | Self::NothingSelected { .. }
            | Self::OnlyOnDemand(_)
            | Self::UnknownNeed(_) => Exit::NothingSelected,
            // A reader such as `head` closed the pipe, which is not a failure of the command.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Conformant,
            Self::Report(error) if error.is_broken_pipe() => Exit::Conformant,
            Self::Format(_)
            | Self::Listen { .. }
            | Self::LoginRefused { .. }
            | Self::Output(_)
            | Self::Probe(_)
            | Self::Program(_)
            | Self::Report(_)
            | Self::Review(_)
            | Self::Runtime(_)
            | Self::Start(_)
            | Self::Uncreated { .. }
            | Self::Unjudged(_)
            | Self::WriteRecord(_) => Exit::NotRun,
        }
    }

    /// Returns true if the program prints no message for this error, such as for a pipe that its reader closed.
    pub(super) fn is_silent(&self) -> bool {
        self.exit() == Exit::Conformant
    }

    /// Returns the hint that the program prints below the error message, if the error has one.
    pub(super) fn help(&self) -> Option<&str> {
        match self {
            Self::NoSuchFile { help, .. }
            | Self::NothingSelected { help, .. }
            | Self::Unknown { help, .. } => help.as_deref(),
            Self::NoScenarios { help, .. } => Some(help),
            Self::Expression { .. } => Some(
                "write patterns of ids with `and`, `or`, `not` and parentheses: 'rooms/* and not *crowd*'",
            ),
            Self::Probe(ProbeError::Unreachable(failure))
            | Self::Start(StartError::Tls { failure, .. }) => untrusted(failure),
            Self::BadFiles(_)
            | Self::DoubledServer(_)
            | Self::Format(_)
            | Self::Interrupted
            | Self::Listen { .. }
            | Self::NoRecord
            | Self::NoSuchLine { .. }
            | Self::OnlyOnDemand(_)
            | Self::OntoInput { .. }
            | Self::Output(_)
            | Self::Probe(_)
            | Self::Program(_)
            | Self::Proof { .. }
            | Self::Record(_)
            | Self::Report(_)
            | Self::Review(_)
            | Self::Runtime(_)
            | Self::SamePlace
            | Self::Start(_)
            | Self::Tls(_)
            | Self::Uncreated { .. }
            | Self::UnreadableFolder { .. }
            | Self::Unwritten { .. }
            | Self::Url(_)
            | Self::WriteRecord(_) => None,
            Self::Exists(_) => Some("`init` replaces no file: remove it, or use another folder"),
            Self::LoginRefused { .. } => Some(
                "the token was tried in the field `token` of the `auth` payload, in the header `Authorization: Bearer`, and in the query parameter `token`; is the token valid, and is `--namespace` right?",
            ),
            Self::NothingCatches(_) => Some(
                "without a selector, `prove --fault ID` runs every scenario that catches the fault",
            ),
            Self::Unjudged(_) => Some("`sockspec run --target` with the same target shows more"),
            Self::NothingFailed | Self::NothingRecorded => {
                Some("run without `--failed`; the run is recorded in the user's cache folder")
            }
            Self::NothingJudged => Some("the target's manifest lists what the target provides"),
            Self::NothingProvides(_) | Self::UnknownNeed(_) => Some(
                "docs/capabilities.md lists all capabilities; a capability of your own is declared in a manifest",
            ),
            Self::UrlWithUser(_) => {
                Some("remove the user name and the password: sockspec doesn't send them")
            }
            Self::NoSuchTarget(_) => {
                Some("write a manifest's path, a URL with `http://`, or `reference`")
            }
        }
    }
}

/// Returns the messages of several errors in one line.
fn list(errors: &[CliError]) -> String {
    let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
    messages.join("; ")
}

/// Returns a hint if the connection failed because the server's certificate is not trusted.
fn untrusted(failure: &ConnectFailure) -> Option<&'static str> {
    match failure {
        ConnectFailure::Tls { detail } if detail.contains("certificate") => Some(
            "`--ca FILE` trusts the authority that signed the certificate; `--insecure` accepts every certificate",
        ),
        _ => None,
    }
}

/// Returns the number of mistakes and of files: "3 mistakes in 2 files".
pub(super) fn count_mistakes<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    let diagnostics: Vec<_> = diagnostics.into_iter().collect();
    let files: std::collections::BTreeSet<_> = diagnostics
        .iter()
        .map(|diagnostic| &diagnostic.source.path)
        .collect();
    format!(
        "{} in {}",
        crate::text::humanize::count(diagnostics.len(), "mistake"),
        crate::text::humanize::count(files.len(), "file"),
    )
}
