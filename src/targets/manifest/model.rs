//! What a manifest says, once it is loaded.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use crate::targets::{Bindings, Credentials, Dialect, Secrets, Speaks};

/// A target as its manifest describes it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// For reports.
    pub name: String,
    /// How to start it; `None` where `url` must already answer.
    pub launch: Option<Launch>,
    /// With `$port` still in it where it is launched, or embedded.
    pub url: String,
    /// The Engine.IO path.
    pub path: String,
    /// Further addresses of the same cluster.
    pub nodes: Vec<String>,
    /// Capabilities.
    pub provides: BTreeSet<String>,
    /// How it reports.
    pub dialect: Dialect,
    /// Tokens and claims by name.
    pub credentials: Credentials,
    /// What it calls things.
    pub bindings: Bindings,
    /// Events that it sends of its own accord to whoever joins a namespace.
    pub greetings: Vec<String>,
    /// Operations of the contract that its application does not have, although it has others of the capability.
    pub absent: Vec<String>,
    /// The operation that acks at once, for fences: `echo`.
    pub fence: Option<String>,
    /// Default deadline of a wait.
    pub within: Duration,
    /// Settle time in place of the calibrated one.
    pub settle: Option<Duration>,
    /// The same server with other settings; each is launched when a scenario needs it.
    pub profiles: Vec<Profile>,
    /// The manifest's folder; relative paths start there.
    pub folder: PathBuf,
    /// Values that came from the environment.
    pub secrets: Secrets,
}

impl Manifest {
    /// The command that starts it, if it has one.
    pub fn command(&self) -> Option<&LaunchSpec> {
        match &self.launch {
            Some(Launch::Command(spec)) => Some(spec),
            Some(Launch::BuiltIn) | None => None,
        }
    }

    /// What the target speaks with the settings of a profile.
    pub fn speaks_with(&self, profile: &Profile) -> Speaks {
        profile.speaks.unwrap_or(self.dialect.speaks)
    }

    /// Whether the target has a capability with the settings of a profile.
    pub fn provides_with(&self, profile: &Profile, capability: &str) -> bool {
        profile.provides.contains(capability)
            || (self.provides.contains(capability) && !profile.lacks.contains(capability))
    }

    /// What is true of the target with the settings of a profile.
    pub fn with(&self, profile: &Profile) -> Self {
        let mut with = self.clone();
        with.dialect.speaks = self.speaks_with(profile);
        with.provides.extend(profile.provides.iter().cloned());
        with.provides
            .retain(|capability| self.provides_with(profile, capability));
        with
    }
}

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
