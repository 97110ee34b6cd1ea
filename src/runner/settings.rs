//! The settings of a run.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::{
    runner::{baseline::KnownDeviations, plan::partition::Partition},
    scenario::{Requirements, Tier, Transport},
};

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of scenarios that run at once.
    pub jobs: usize,
    /// How often each scenario runs. A scenario whose verdicts differ is flaky.
    pub repeat: usize,
    /// How often a scenario that did not pass is tried again.
    pub retries: usize,
    /// Whether the run starts no more scenarios after the first failure.
    pub fail_fast: bool,
    /// The time limit of the run. What has not ended by then can't be judged.
    pub max_time: Duration,
    /// The number of files that this process may have open; `None` if there is no limit.
    pub file_limit: Option<usize>,
    /// The seed of all random values; the same seed gives the same unique names.
    pub seed: u64,
    /// Whether the run emits what the clients of each attempt sent and received.
    pub keeps_traffic: bool,
    /// Whether the run emits the transcript of each attempt.
    pub transcribes: bool,
    /// The part of the plan that this run plays; `None` if it plays all of it.
    pub partition: Option<Partition>,
    /// The timeout of each wait. `None` keeps the timeout in the target's manifest.
    pub within: Option<Duration>,
    /// The settle time, which is how long the runner waits for forbidden traffic. `None` keeps the time in the
    /// manifest, or a measured time.
    pub settle: Option<Duration>,
    /// The transports on which a scenario runs if its clients name no transport.
    pub transports: Vec<Transport>,
    /// The tiers, such as `slow`, that run in addition to the tiers that always run.
    pub include: BTreeSet<Tier>,
    /// The deviations that are known in advance. Their scenarios run first, because most of them wait for a timeout and
    /// so take long.
    pub known: Arc<KnownDeviations>,
    /// The requirements that failures cite.
    pub requirements: Arc<Requirements>,
    /// The ids of the shipped scenarios, which can be selected without a file.
    pub shipped: BTreeSet<String>,
    /// The command-line options that select the target. A failure shows them in the command that repeats the scenario.
    pub target_options: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            jobs: 32,
            repeat: 1,
            retries: 0,
            fail_fast: false,
            max_time: Duration::MAX,
            file_limit: None,
            seed: 0,
            keeps_traffic: false,
            transcribes: false,
            partition: None,
            within: None,
            settle: None,
            transports: vec![Transport::WebSocket],
            include: BTreeSet::new(),
            known: Arc::default(),
            requirements: Arc::default(),
            shipped: BTreeSet::new(),
            target_options: String::new(),
        }
    }
}
