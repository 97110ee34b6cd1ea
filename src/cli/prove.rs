//! `sockspec prove`: proves that every scenario can fail and that every fault is caught.

use std::{collections::BTreeSet, num::NonZero, sync::Arc, thread::available_parallelism};

use tokio::runtime::Runtime;

use super::{
    Context, Exit,
    args::ProveArgs,
    error::CliError,
    faults::fault_set,
    paint::Output,
    selection::Selection,
    stop::Interrupts,
    target::{self, Bundled},
};
use crate::{
    report::{Destination, Progress, proof_table},
    runner::{self, Item, Plan, Proof, Proving, Settings, Target},
    scenario::{Scenario, Tier},
};

/// The number of trials (one scenario against one fault) that run at the same time with `--real`. Such trials spend
/// nearly all of their time waiting.
const REAL_JOBS: usize = 128;

/// Runs scenarios against the reference server, each with every fault in its `catches`.
///
/// # Errors
///
/// Returns an error if files have mistakes, nothing is selected, the server can't be started, or a report can't be
/// written.
pub(super) fn prove(args: &ProveArgs, context: Context, output: Output) -> Result<Exit, CliError> {
    // Reports an unknown fault; the set itself is not needed here.
    fault_set(&args.faults)?;
    let selection = Selection::new(&args.selectors.selectors)?;
    let requirements = Arc::new(selection.requirements);
    let scenarios = with_claims(selection.scenarios, &args.faults);
    let proving = if args.real {
        Proving::Real
    } else {
        Proving::Simulated
    };
    let settings = Settings {
        jobs: jobs(args, proving),
        seed: args.pace.seed(),
        // Scenarios of these tiers have to be proved as well, and the reference server may crash here.
        include: BTreeSet::from([Tier::Destructive, Tier::Slow]),
        requirements,
        ..Settings::default()
    };
    let plans = plans(&scenarios, args.target.as_deref(), &settings)?;
    let progress = Progress::new(context.watched());
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let (mut proof, interrupted) = runtime.block_on(async {
        let interrupts = Interrupts::listen().map_err(CliError::Runtime)?;
        interrupts.run_began();
        let advance = |done, total| progress.at(done, total);
        let gentle = interrupts.gentle.clone();
        let proof = runner::prove(plans, &settings, proving, gentle, advance);
        tokio::select! {
            proof = proof => Ok((proof?, interrupts.gentle.is_cancelled())),
            () = interrupts.abrupt.cancelled() => Err(CliError::Interrupted),
        }
    })?;
    runtime.shutdown_background();
    progress.done();
    if !selection.is_complete || !args.faults.is_empty() || args.target.is_some() {
        remove_unclaimed(&mut proof);
    }

    let mut stdout_is_free = true;
    for request in &args.reports {
        stdout_is_free &= request.destination != Destination::Stdout;
        request.destination.write(&(request.render)(&proof))?;
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

/// Returns how many trials (one scenario against one fault) run at the same time.
fn jobs(args: &ProveArgs, proving: Proving) -> usize {
    match (args.pace.jobs, proving) {
        (Some(jobs), _) => usize::try_from(jobs).unwrap_or(usize::MAX),
        (None, Proving::Real) => REAL_JOBS,
        // A simulated trial never waits, so more of them than cores gain nothing.
        (None, Proving::Simulated) => available_parallelism().map_or(1, NonZero::get),
    }
}

/// Assigns each scenario to a bundled server: to the server that `--target` names, or to the first server on which
/// the scenario is not skipped.
fn plans(
    scenarios: &[Arc<Scenario>],
    asked: Option<&str>,
    settings: &Settings,
) -> Result<Vec<(Plan, Target)>, CliError> {
    let asked = asked.and_then(Bundled::from_name);
    let mut plans: Vec<(Plan, Target)> = Vec::new();
    for form in Bundled::ALL {
        if asked.is_some_and(|asked| asked != form) {
            continue;
        }
        let target = target::reference(form)?;
        let mut plan = Plan::new(scenarios, &target.manifest, settings);
        if asked.is_some() {
            plan.items.retain(|item| item.skip.is_none());
        }
        for (earlier, _) in &mut plans {
            let better = |item: &Item| {
                let here = plan.items.iter().find(|other| other.id == item.id);
                here.is_some_and(|here| here.skip.is_none())
            };
            earlier
                .items
                .retain(|item| item.skip.is_none() || !better(item));
            plan.items
                .retain(|item| earlier.items.iter().all(|other| other.id != item.id));
        }
        plans.push((plan, target));
    }
    Ok(plans)
}

/// Returns the scenarios that name one of `faults` in `catches`, without their other faults. Returns all scenarios
/// unchanged if `faults` is empty.
fn with_claims(scenarios: Vec<Scenario>, faults: &[String]) -> Vec<Arc<Scenario>> {
    let narrow = |mut scenario: Scenario| {
        if !faults.is_empty() {
            scenario.catches.retain(|fault| faults.contains(fault));
        }
        (faults.is_empty() || !scenario.catches.is_empty()).then(|| Arc::new(scenario))
    };
    scenarios.into_iter().filter_map(narrow).collect()
}

/// Removes the faults that no selected scenario names in `catches`: a run of some scenarios does not have to catch
/// every fault.
fn remove_unclaimed(proof: &mut Proof) {
    let claimed: BTreeSet<_> = proof
        .scenarios
        .iter()
        .flat_map(|scenario| {
            let survived = scenario.survived.iter().map(|survivor| &survivor.fault);
            scenario.killed_by.iter().chain(survived).cloned()
        })
        .collect();
    proof.faults.retain(|fault| claimed.contains(&fault.id));
}
