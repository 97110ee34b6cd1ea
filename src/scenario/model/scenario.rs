//! The model of one scenario.

use std::{sync::Arc, time::Duration};

use super::{ClientSpec, Level, Mentioned, Step, Tier, Transport};
use crate::scenario::{Invariant, SnapshotRules, SourceFile, Span, Template};

/// A loaded scenario that is ready to run. Each row of an `each:` table becomes a scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The id, which never changes: `rooms/to-excludes-sender`, or `auth/bad-token-refused[expired]` for a row.
    pub id: String,
    /// Former ids of the scenario. Entries of baselines (files of known deviations) can still use them.
    pub aliases: Vec<String>,
    /// What a correct server does, in one sentence.
    pub title: String,
    /// The consequence for users of a server that fails the scenario.
    pub why: Option<String>,
    /// How severe a failure of the scenario is. A step can have its own level.
    pub level: Level,
    /// The tier, which decides when the scenario is selected.
    pub tier: Tier,
    /// The ids of the requirements that the scenario verifies.
    pub verifies: Vec<String>,
    /// The faults of the reference server that have to make the scenario fail.
    pub catches: Vec<String>,
    /// The capabilities that the target has to have.
    pub needs: Vec<String>,
    /// The transports over which the scenario can run. Empty if it can run over all transports.
    pub transports: Vec<Transport>,
    /// True if no other scenario may run against the target at the same time.
    pub exclusive: bool,
    /// The time for which the runner watches for unexpected packets after the last step. `None` for the time that the
    /// runner measures for each target.
    pub settle: Option<Duration>,
    /// The deadline of each wait in the scenario. `None` for the deadline in the target's manifest.
    pub within: Option<Duration>,
    /// The invariants that the runner does not check in this scenario (`without:`).
    pub without: Vec<Invariant>,
    /// What the transcript of the scenario leaves out (`snapshot:`).
    pub snapshot: SnapshotRules,
    /// The variables from the row of `each:` and from `vars:`, in order. A variable can use the ones before it.
    pub variables: Vec<(String, Template)>,
    /// The clients in order of declaration. Each member of a group is a client.
    pub clients: Vec<ClientSpec>,
    /// The steps. The steps of `background:` come first.
    pub steps: Vec<Step>,
    /// The names that the scenario takes from the target and its manifest.
    pub mentioned: Mentioned,
    /// The scenario file.
    pub source: Arc<SourceFile>,
    /// The place in the file of the entry from which the scenario was read.
    pub span: Span,
    /// The place of the row of `each:` from which the scenario comes.
    pub row: Option<Span>,
}
