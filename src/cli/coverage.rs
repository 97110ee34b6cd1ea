//! `sockspec coverage`: shows which requirements are tested by a scenario, which are not, and why.

use std::path::Path;

use super::{
    Exit,
    args::{CoverageArgs, CoverageBy},
    error::CliError,
    faults::fault_ids,
    paint::Output,
    selection::Selection,
};
use crate::{
    report::{Grouping, ProofReport, coverage_json, coverage_table},
    runner::{Coverage, Evidence, Observed},
};

/// Compares the catalogue of requirements with the scenarios, and prints the coverage.
///
/// # Errors
///
/// Returns an error if files have mistakes, nothing is selected, the proof can't be read, or the output can't be
/// written.
pub(super) fn coverage(args: &CoverageArgs, output: Output) -> Result<Exit, CliError> {
    let evidence = match &args.proof {
        Some(path) => proof(path)?,
        None => Evidence::Claims(fault_ids().into_iter().map(str::to_owned).collect()),
    };
    let selection = Selection::new(&args.selectors.selectors)?;
    let coverage = Coverage::new(&selection.catalogue, &selection.scenarios, &evidence);
    let text = if args.json {
        coverage_json(&coverage)
    } else {
        let grouping = match args.by {
            CoverageBy::Clause => Grouping::Clause,
            CoverageBy::State => Grouping::State,
        };
        coverage_table(&coverage, grouping, output.stdout)
    };
    output.write(&output.masked(text))?;
    Ok(Exit::Conformant)
}

fn proof(path: &Path) -> Result<Evidence, CliError> {
    if !path.is_file() {
        return Err(CliError::no_such_file(path));
    }
    let unusable = |detail: String| CliError::Proof {
        path: path.to_owned(),
        detail,
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let report = ProofReport::read(&text).map_err(|error| unusable(error.to_string()))?;
    let observed = report.scenarios.into_iter().map(|scenario| {
        let observed = match scenario.broken {
            Some(why) => Observed::Broken(why),
            None if scenario.killed_by.is_empty() => Observed::Survived(scenario.survived),
            None => Observed::Killed,
        };
        (scenario.id, observed)
    });
    Ok(Evidence::Proof(observed.collect()))
}
