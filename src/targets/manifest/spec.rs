//! How to start a target, and its profiles.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use crate::targets::Speaks;

/// A profile: a variant of a target, that is, the same server with other settings.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The name of the profile in reports.
    pub name: String,
    /// Environment variables in addition to those of `launch`.
    pub env: Vec<(String, String)>,
    /// The capabilities that this profile has in addition to the manifest's.
    pub provides: BTreeSet<String>,
    /// The capabilities of the manifest that this profile lacks.
    pub lacks: BTreeSet<String>,
    /// The Engine.IO path; `None` if the profile uses the manifest's path.
    pub path: Option<String>,
    /// The protocol; `None` if the profile uses the manifest's protocol.
    pub speaks: Option<Speaks>,
}

/// The way in which sockspec starts a target.
#[derive(Clone, Debug)]
pub enum Launch {
    /// Run the built-in reference server inside sockspec.
    BuiltIn,
    /// Start a process with a command.
    Command(LaunchSpec),
}

/// The description of the process that runs a target.
#[derive(Clone, Debug)]
pub struct LaunchSpec {
    /// The command that prepares the folder, such as `npm ci`. It runs only if files that it depends on have changed.
    pub setup: Option<Vec<String>>,
    /// The program of the server and its arguments.
    pub command: Vec<String>,
    /// The working folder, as an absolute path.
    pub workdir: PathBuf,
    /// The environment variables. Their values may contain `$port`.
    pub env: Vec<(String, String)>,
    /// How to tell that the target is ready.
    pub ready: Ready,
}

/// How to tell that a target is ready. If neither `http` nor `line` is set, the port has to accept a connection.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The path that has to answer with a status below 500 when the target is ready; `None` if no request is sent.
    pub http: Option<String>,
    /// The text that a line of the target's output has to contain; `None` if the output does not matter.
    pub line: Option<String>,
    /// The time that the target has to become ready.
    pub within: Duration,
}
