//! One running server and all that a scenario must know of it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::{
    client::Endpoint,
    target::{Log, Manifest, Secrets},
};

/// One running server, as scenarios see it.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// How it calls things and how it reports.
    pub manifest: Arc<Manifest>,
    /// What it can do; the profile's part included.
    pub provides: BTreeSet<String>,
    /// The profile it was started with, `default` for none.
    pub profile: String,
    /// How long a claim of silence is watched after the last step.
    pub settle: Duration,
    /// Limit of a wait for which the scenario says nothing.
    pub within: Duration,
    /// Values that no output may show.
    pub secrets: Secrets,
    /// Its output, where it was launched.
    pub log: Option<Log>,
}
