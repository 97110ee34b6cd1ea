//! Why a command ends early, and the exit status of each reason.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::Exit;
use crate::{
    client::{ConnectFailure, TlsPolicyError},
    report::{JunitError, WriteError},
    runner::StartError,
    scenario::Diagnostic,
    targets::ProbeError,
};

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Files with mistakes; every one is shown.
    #[error("{}", count_mistakes(.0))]
    BadFiles(Vec<Diagnostic>),
    /// Somebody could not wait for an orderly end.
    #[error("interrupted")]
    Interrupted,
    /// The reference server's port.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// Address and port.
        address: String,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
    /// A line that a file does not have.
    #[error("there is no line {line} in {}: it has {}", .path.display(), crate::text::humanize::count(*.lines, "line"))]
    NoSuchLine {
        /// The file.
        path: PathBuf,
        /// The line that was asked for.
        line: usize,
        /// How many there are.
        lines: usize,
    },
    /// Nothing at this path.
    #[error("no such file or folder: {}", .path.display())]
    NoSuchFile {
        /// As the user wrote it.
        path: PathBuf,
        /// What would be right.
        help: Option<String>,
    },
    /// No manifest at this path.
    #[error("no such target: {}", .0.display())]
    NoSuchTarget(PathBuf),
    /// Everything that was selected is left out by default.
    #[error("everything that was selected runs on demand only: {0}")]
    OnlyOnDemand(String),
    /// Nothing that speaks Engine.IO.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// A file that should hold a proof.
    #[error("can't take a proof from {}: {detail}", .path.display())]
    Proof {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Two reports.
    #[error("two reports go to the same place")]
    SamePlace,
    /// The target does not come up.
    #[error("the target can't be run: {0}")]
    Start(#[from] StartError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsPolicyError),
    /// Not the address of a server.
    #[error("`{0}` is not the URL of a server; write `http://host:port`")]
    Url(String),
    /// A URL with a user name or a password.
    #[error("{0} holds a user name or a password")]
    UrlWithUser(String),
    /// A selector without a match.
    #[error("no scenario matches `{selector}`")]
    NothingSelected {
        /// As the user wrote it.
        selector: String,
        /// What would be right.
        help: Option<String>,
    },
    /// The standard output.
    #[error("can't write to the standard output: {0}")]
    Output(#[from] io::Error),
    /// A report file.
    #[error(transparent)]
    Report(#[from] WriteError),
    /// A report's text.
    #[error(transparent)]
    Junit(#[from] JunitError),
    /// The async runtime.
    #[error("can't start the async runtime: {0}")]
    Runtime(#[source] io::Error),
    /// An id that is not there.
    #[error("there is no {kind} `{id}`")]
    Unknown {
        /// `fault`, `scenario`.
        kind: &'static str,
        /// As the user wrote it.
        id: String,
        /// The nearest one.
        help: Option<String>,
    },
}

impl CliError {
    /// Nothing at this path, and nothing that was likely meant.
    pub(super) fn no_such_file(path: &Path) -> Self {
        Self::NoSuchFile {
            path: path.to_owned(),
            help: None,
        }
    }

    /// The exit status.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::BadFiles(_)
            | Self::NoSuchFile { .. }
            | Self::NoSuchLine { .. }
            | Self::NoSuchTarget(_)
            | Self::Proof { .. }
            | Self::SamePlace
            | Self::Tls(_)
            | Self::Unknown { .. }
            | Self::Url(_)
            | Self::UrlWithUser(_) => Exit::BadUsage,
            Self::Interrupted => Exit::Interrupted,
            Self::NothingSelected { .. } | Self::OnlyOnDemand(_) => Exit::NothingSelected,
            // The reader of our output has what it wants; nothing went wrong.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Conformant,
            Self::Report(error) if error.is_broken_pipe() => Exit::Conformant,
            Self::Junit(_)
            | Self::Listen { .. }
            | Self::Output(_)
            | Self::Probe(_)
            | Self::Report(_)
            | Self::Runtime(_)
            | Self::Start(_) => Exit::NotRun,
        }
    }

    /// Whether nobody is there to be told.
    pub(super) fn is_quiet(&self) -> bool {
        self.exit() == Exit::Conformant
    }

    /// What would be right.
    pub(super) fn help(&self) -> Option<&str> {
        match self {
            Self::NoSuchFile { help, .. }
            | Self::NothingSelected { help, .. }
            | Self::Unknown { help, .. } => help.as_deref(),
            Self::Probe(ProbeError::Unreachable(failure))
            | Self::Start(StartError::Tls { failure, .. }) => untrusted(failure),
            Self::BadFiles(_)
            | Self::Interrupted
            | Self::Junit(_)
            | Self::Listen { .. }
            | Self::NoSuchLine { .. }
            | Self::OnlyOnDemand(_)
            | Self::Output(_)
            | Self::Probe(_)
            | Self::Proof { .. }
            | Self::Report(_)
            | Self::Runtime(_)
            | Self::SamePlace
            | Self::Start(_)
            | Self::Tls(_)
            | Self::Url(_) => None,
            Self::UrlWithUser(_) => Some("they are not sent: leave them out"),
            Self::NoSuchTarget(_) => {
                Some("write a manifest's path, a URL with `http://`, or `reference`")
            }
        }
    }
}

/// What to do about a certificate that is not trusted.
fn untrusted(failure: &ConnectFailure) -> Option<&'static str> {
    match failure {
        ConnectFailure::Tls { detail } if detail.contains("certificate") => {
            Some("`--ca FILE` trusts the authority that signed it, `--insecure` trusts anybody")
        }
        _ => None,
    }
}

/// How many mistakes there are, in how many files.
pub(super) fn count_mistakes(diagnostics: &[Diagnostic]) -> String {
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
