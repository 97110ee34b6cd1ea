//! Counts the requirements of the coverage report by state.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    runner::{Coverage, CoverageState, Covered},
    text::{escape, humanize},
};

/// The number of requirements in each state.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct CoverageSummary {
    /// The number of requirements.
    pub requirements: usize,
    /// The number of requirements with a scenario that is proved to fail on a faulty server.
    pub tested: usize,
    /// The number of requirements without a scenario for which a scenario is planned.
    pub planned: usize,
    /// The number of requirements whose scenarios the target skips. Zero without a target.
    pub skipped: usize,
    /// The number of requirements without a scenario for which no scenario is planned.
    pub untested: usize,
    /// The number of requirements whose scenarios are not proved to fail on a faulty server.
    pub unproved: usize,
}

/// Returns the last lines of every table: what the catalogue does not list, and the counts.
pub(super) fn footer(coverage: &Coverage) -> String {
    let mut text = String::new();
    // Writing to a `String` can't fail.
    if !coverage.unlisted.is_empty() {
        let ids = escape::line(&coverage.unlisted.join(", "));
        let _ = writeln!(
            text,
            "requirements that a scenario verifies, but that the catalogue does not list: {ids}\n"
        );
    }
    let summary = CoverageSummary::new(&coverage.entries);
    let requirements = humanize::count(summary.requirements, "requirement");
    let _ = write!(text, "{requirements}: {} tested", summary.tested);
    if let Some(target) = &coverage.target {
        let target = escape::line(target);
        let _ = write!(text, " on {target}, {} skipped", summary.skipped);
    }
    let _ = writeln!(
        text,
        ", {} planned, {} untested, {} unproved",
        summary.planned, summary.untested, summary.unproved
    );
    if coverage.others > 0 {
        let others = humanize::count(coverage.others, "other requirement");
        let _ = writeln!(text, "the selection leaves out {others}");
    }
    text
}

impl CoverageSummary {
    /// Counts the requirements by state.
    pub(super) fn new<'c>(entries: impl IntoIterator<Item = &'c Covered>) -> Self {
        let mut summary = Self {
            requirements: 0,
            tested: 0,
            planned: 0,
            skipped: 0,
            untested: 0,
            unproved: 0,
        };
        for entry in entries {
            summary.requirements += 1;
            *match entry.state {
                CoverageState::Planned => &mut summary.planned,
                CoverageState::Skipped => &mut summary.skipped,
                CoverageState::Tested => &mut summary.tested,
                CoverageState::Unproved => &mut summary.unproved,
                CoverageState::Untested => &mut summary.untested,
            } += 1;
        }
        summary
    }
}
