//! `sockspec prove`: every scenario must be able to fail, every fault must be caught.

use std::{collections::BTreeSet, sync::Arc};

use tokio::runtime::Runtime;

use super::{
    Context, Exit, args::ProveArgs, error::CliError, paint::Output, selection::Selection,
    serve::faults, stop::Interrupts, target,
};
use crate::{
    report::{Destination, Progress, proof_json, proof_table},
    runner::{self, Plan, Proof, Settings},
    scenario::{Scenario, Tier},
};

/// Runs scenarios against the reference server with each fault they claim to catch.
///
/// # Errors
///
/// Bad files, an empty selection, a server that can't be started, a report that can't be written.
pub(super) fn prove(args: &ProveArgs, context: Context, output: Output) -> Result<Exit, CliError> {
    // Tells an unknown fault and the nearest one.
    faults(&args.faults)?;
    let selection = Selection::new(&args.selectors.selectors)?;
    let requirements = Arc::new(selection.requirements);
    let scenarios = narrowed(selection.scenarios, &args.faults);
    let usual = Settings::default();
    let settings = Settings {
        jobs: args.pace.jobs.map_or(usual.jobs, |jobs| {
            usize::try_from(jobs).unwrap_or(usize::MAX)
        }),
        seed: args.pace.seed(),
        // The reference server is ours to end, and what is only run when asked for has to be able to fail as well.
        include: BTreeSet::from([Tier::Destructive, Tier::Slow]),
        requirements,
        ..usual
    };
    let target = target::reference()?;
    let plan = Plan::new(&scenarios, &target.manifest, &settings);
    let progress = Progress::new(context.watched());
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let (mut proof, interrupted) = runtime.block_on(async {
        let interrupts = Interrupts::listen().map_err(CliError::Runtime)?;
        interrupts.run_began();
        let advance = |done, total| progress.at(done, total);
        let gentle = interrupts.gentle.clone();
        let proof = runner::prove(plan, &target, &settings, gentle, advance);
        tokio::select! {
            proof = proof => Ok((proof?, interrupts.gentle.is_cancelled())),
            () = interrupts.abrupt.cancelled() => Err(CliError::Interrupted),
        }
    })?;
    runtime.shutdown_background();
    progress.done();
    if !args.selectors.selectors.is_empty() || !args.faults.is_empty() {
        keep_claimed(&mut proof, &scenarios);
    }

    let mut stdout_is_free = true;
    for request in &args.reports {
        stdout_is_free &= request.destination != Destination::Stdout;
        request.destination.write(&proof_json(&proof))?;
    }
    if stdout_is_free {
        output.write(&proof_table(&proof, output.stdout))?;
    }
    Ok(if interrupted {
        Exit::Interrupted
    } else if proof.is_complete() {
        Exit::Conformant
    } else {
        Exit::NotConformant
    })
}

/// Only scenarios that claim one of `faults`, with only these claims; everything where there is none.
fn narrowed(scenarios: Vec<Scenario>, faults: &[String]) -> Vec<Arc<Scenario>> {
    let narrow = |mut scenario: Scenario| {
        if !faults.is_empty() {
            scenario.catches.retain(|fault| faults.contains(fault));
        }
        (faults.is_empty() || !scenario.catches.is_empty()).then(|| Arc::new(scenario))
    };
    scenarios.into_iter().filter_map(narrow).collect()
}

/// A part of the scenarios answers only for the faults that it claims.
fn keep_claimed(proof: &mut Proof, scenarios: &[Arc<Scenario>]) {
    let claimed: BTreeSet<_> = scenarios
        .iter()
        .flat_map(|scenario| scenario.catches.iter().map(String::as_str))
        .collect();
    proof
        .faults
        .retain(|fault| claimed.contains(fault.id.as_str()));
}
