//! `sockspec coverage`: shows which requirements are tested by a scenario, which are not, and why.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
};

use tokio::runtime::Runtime;

use super::{
    Exit,
    args::{CoverageArgs, CoverageBy, TargetArgs, TlsArgs},
    error::CliError,
    faults::fault_ids,
    paint::Output,
    selection::Selection,
    target,
};
use crate::{
    report::{Grouping, ProofReport, coverage_json, coverage_table, question_table},
    runner::{Coverage, Evidence, Observed, Plan, Settings, Skips, skips},
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
    let selectors = &args.selectors;
    let (selection, target) = match &args.target {
        None => (Selection::new(selectors)?, None),
        Some(target) => {
            let selection = Selection::with_target(selectors, target)?;
            let judged = Judged::new(target, &selection, output)?;
            (selection, Some(judged))
        }
    };
    let skips = target.as_ref().map(|target| target.skips.clone());
    let mut coverage = Coverage::new(
        &selection.catalogue,
        &selection.scenarios,
        &skips.unwrap_or_default(),
        &evidence,
    );
    coverage.others = selection.other_requirements;
    coverage.target = target.map(|target| target.name);
    let text = match args.by {
        _ if args.json => coverage_json(&coverage),
        CoverageBy::Clause => coverage_table(&coverage, Grouping::Clause, output.stdout),
        CoverageBy::Question => question_table(&coverage, output.stdout),
        CoverageBy::State => coverage_table(&coverage, Grouping::State, output.stdout),
    };
    output.write(&output.masked(text))?;
    Ok(Exit::Conformant)
}

/// The target of `--target`.
struct Judged {
    name: String,
    /// The scenarios that the target skips.
    skips: Skips,
}

impl Judged {
    /// Finds out which of the selected scenarios the target skips. Starts the target only if its manifest names no
    /// transport, because sockspec then has to ask the server what it supports.
    fn new(target: &str, selection: &Selection, output: Output) -> Result<Self, CliError> {
        let args = TargetArgs {
            target: target.to_owned(),
            url: None,
            stack: None,
            tls: TlsArgs {
                ca: None,
                insecure: false,
            },
        };
        let files = target::read_files(&args, output)?;
        let runtime = Runtime::new().map_err(CliError::Runtime)?;
        let resolved = runtime.block_on(async {
            let target = target::resolve(&args, files).await?;
            let launched = target.running.lock();
            let launched = launched.unwrap_or_else(PoisonError::into_inner).take();
            if let Some(launched) = launched {
                launched.stop().await;
            }
            Ok::<_, CliError>(target.manifest)
        });
        // Does not wait for a pending DNS lookup, which can't be cancelled.
        runtime.shutdown_background();
        let manifest = resolved?;
        let scenarios: Vec<_> = selection.scenarios.iter().cloned().map(Arc::new).collect();
        let plan = Plan::new(&scenarios, &manifest, &Settings::default());
        Ok(Self {
            name: manifest.name.clone(),
            skips: skips(&scenarios, &plan),
        })
    }
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
