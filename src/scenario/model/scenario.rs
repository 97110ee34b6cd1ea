//! One scenario.

use std::{sync::Arc, time::Duration};

use super::{ClientSpec, Level, Step, Tier, Transport};
use crate::scenario::{Invariant, SourceFile, Span, Template};

/// One scenario, ready to run; a row of `each:` is a scenario of its own.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Stable id: `rooms/to-excludes-sender`, or `auth/bad-token-refused[expired]` for a row.
    pub id: String,
    /// Former ids, which baselines may still name.
    pub aliases: Vec<String>,
    /// One sentence: what is right.
    pub title: String,
    /// What a user loses when this fails.
    pub why: Option<String>,
    /// How binding the source is.
    pub level: Level,
    /// When it is selected.
    pub tier: Tier,
    /// Requirement ids.
    pub verifies: Vec<String>,
    /// Faults of the reference server that must turn it red.
    pub catches: Vec<String>,
    /// Capabilities the target must have.
    pub needs: Vec<String>,
    /// Transports it is written for; empty where it runs over any.
    pub transports: Vec<Transport>,
    /// Nothing else may run at the same time on this target.
    pub exclusive: bool,
    /// Overrides the calibrated settle time.
    pub settle: Option<Duration>,
    /// Overrides the target's default deadline.
    pub within: Option<Duration>,
    /// The invariants that the scenario switches off.
    pub without: Vec<Invariant>,
    /// Variables from `vars:` and the row of `each:`, in order; later ones may use earlier ones.
    pub variables: Vec<(String, Template)>,
    /// The clients, in order of declaration, groups unfolded.
    pub clients: Vec<ClientSpec>,
    /// The steps, `background:` first.
    pub steps: Vec<Step>,
    /// The file.
    pub source: Arc<SourceFile>,
    /// The scenario's entry.
    pub span: Span,
    /// The row of `each:` that this is.
    pub row: Option<Span>,
}
