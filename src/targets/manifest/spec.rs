//! How a target is started, and its profiles.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use crate::targets::Speaks;

/// Other settings of the same server.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// For reports.
    pub name: String,
    /// Environment on top of the launch's.
    pub env: Vec<(String, String)>,
    /// Capabilities it has beyond the manifest's.
    pub provides: BTreeSet<String>,
    /// Capabilities of the manifest that it lacks.
    pub lacks: BTreeSet<String>,
    /// The Engine.IO path, where it differs.
    pub path: Option<String>,
    /// What it speaks, where it differs.
    pub speaks: Option<Speaks>,
}

/// Who runs a target.
#[derive(Clone, Debug)]
pub enum Launch {
    /// The program itself: it is the reference server.
    BuiltIn,
    /// A process of its own.
    Command(LaunchSpec),
}

/// How a target is started.
#[derive(Clone, Debug)]
pub struct LaunchSpec {
    /// Run once; skipped while its inputs are unchanged.
    pub setup: Option<Vec<String>>,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Working folder, absolute.
    pub workdir: PathBuf,
    /// Environment, `$port` still in it.
    pub env: Vec<(String, String)>,
    /// When it is ready.
    pub ready: Ready,
}

/// How readiness is recognised.
#[derive(Clone, Debug)]
pub struct Ready {
    /// This path answers with a status below 500; without it, the port accepts a connection.
    pub http: Option<String>,
    /// A line of its output holds this text.
    pub line: Option<String>,
    /// The deadline.
    pub within: Duration,
}
