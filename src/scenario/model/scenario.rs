//! The model of one scenario.

use std::{sync::Arc, time::Duration};

use super::{ClientSpec, Level, Step, Tier, Transport};
use crate::scenario::{Invariant, SourceFile, Span, Template};

/// A scenario that can run. Each row of `each:` becomes a scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The id, which never changes: `rooms/to-excludes-sender`, or `auth/bad-token-refused[expired]` for a row.
    pub id: String,
    /// Former ids. Baselines can still use them.
    pub aliases: Vec<String>,
    /// What a right server does, in one sentence.
    pub title: String,
    /// What a user loses if the server breaks the rule.
    pub why: Option<String>,
    /// The level of the requirement.
    pub level: Level,
    /// The tier, which decides when the scenario is selected.
    pub tier: Tier,
    /// The ids of the requirements that the scenario verifies.
    pub verifies: Vec<String>,
    /// The faults of the reference server that have to make the scenario fail.
    pub catches: Vec<String>,
    /// The capabilities that the target has to have.
    pub needs: Vec<String>,
    /// The transports over which the scenario runs. Empty for any transport.
    pub transports: Vec<Transport>,
    /// True if no other scenario runs on this target at the same time.
    pub exclusive: bool,
    /// The time to watch for unexpected packets at the end, in place of the measured time.
    pub settle: Option<Duration>,
    /// The deadline of each wait, in place of the target's default.
    pub within: Option<Duration>,
    /// The invariants that the scenario switches off.
    pub without: Vec<Invariant>,
    /// Variables from `vars:` and the row of `each:`, in order; later ones may use earlier ones.
    pub variables: Vec<(String, Template)>,
    /// The clients in order of declaration. Each member of a group is a client.
    pub clients: Vec<ClientSpec>,
    /// The steps. The steps of `background:` come first.
    pub steps: Vec<Step>,
    /// The scenario file.
    pub source: Arc<SourceFile>,
    /// The place of the scenario in the file.
    pub span: Span,
    /// The place of the row of `each:` from which the scenario comes.
    pub row: Option<Span>,
}
