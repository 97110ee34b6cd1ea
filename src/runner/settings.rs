//! How a run is to be done.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::scenario::{Requirements, Tier, Transport};

/// How a run is to be done.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many scenarios run at once.
    pub jobs: usize,
    /// How often each scenario runs; verdicts that differ make it flaky.
    pub repeat: usize,
    /// How often a scenario that was not passed is tried again.
    pub retries: usize,
    /// Whether nothing more is started after the first failure.
    pub fail_fast: bool,
    /// Makes unique names repeatable.
    pub seed: u64,
    /// Limit of a wait, in place of the target's.
    pub within: Option<Duration>,
    /// Settle time, in place of the calibrated one.
    pub settle: Option<Duration>,
    /// Transports for scenarios that don't fix theirs.
    pub transports: Vec<Transport>,
    /// Tiers beyond those that always run.
    pub include: BTreeSet<Tier>,
    /// Ids that go first: those of known deviations, most of which are waits that last to the end.
    pub first: BTreeSet<String>,
    /// Texts for failures to cite.
    pub requirements: Arc<Requirements>,
    /// Ids of the scenarios that ship: they can be named without a file.
    pub shipped: BTreeSet<String>,
    /// The options that name the target, for the command that runs a failure again.
    pub target_options: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            jobs: 32,
            repeat: 1,
            retries: 0,
            fail_fast: false,
            seed: 0,
            within: None,
            settle: None,
            transports: vec![Transport::WebSocket],
            include: BTreeSet::new(),
            first: BTreeSet::new(),
            requirements: Arc::default(),
            shipped: BTreeSet::new(),
            target_options: String::new(),
        }
    }
}
