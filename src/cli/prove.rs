//! `sockspec prove`: proves that scenarios can fail, and that each fault of the reference server makes one fail.

use std::{collections::BTreeSet, num::NonZero, sync::Arc, thread::available_parallelism};

use tokio::runtime::Runtime;

use super::{
    Context, Exit,
    args::{ProofRequest, ProveArgs},
    error::CliError,
    faults::fault_set,
    paint::Output,
    places::{self, Writing},
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

/// Runs each scenario against the reference server without faults, and once with each fault in its `catches`.
///
/// # Errors
///
/// Returns an error if files have mistakes, nothing is selected, the server can't be started, or a report can't be
/// written.
pub(super) fn prove(args: &ProveArgs, context: Context, output: Output) -> Result<Exit, CliError> {
    // Returns an error for an unknown fault; the set itself is not needed here.
    fault_set(&args.faults)?;
    let selection = Selection::new(&args.selectors)?;
    let inputs: Vec<_> = selection.files.iter().cloned().collect();
    places::check(
        args.reports.iter().map(|request| &request.destination),
        &inputs,
    )?;
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
        // `prove` includes the tiers that are off by default, because the reference server may crash or be slow.
        include: BTreeSet::from([Tier::Destructive, Tier::Slow]),
        requirements,
        ..Settings::default()
    };
    let plans = plans(&scenarios, args.target.as_deref(), &settings)?;
    if !args.faults.is_empty() && count_pairs(&plans) == 0 {
        return Err(CliError::NothingCatches(args.faults.clone()));
    }
    let progress = Progress::new(context.watched());
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let ended = runtime.block_on(async {
        let interrupts = Interrupts::take_over();
        interrupts.run_began();
        let advance = |done, total| progress.at(done, total);
        let gentle = interrupts.gentle.clone();
        let proof = runner::prove(plans, &settings, proving, gentle, advance);
        tokio::select! {
            proof = proof => Ok((proof?, interrupts.gentle.is_cancelled())),
            () = interrupts.abrupt.cancelled() => Err(CliError::Interrupted),
        }
    });
    runtime.shutdown_background();
    let (mut proof, interrupted) = ended?;
    progress.done();
    if !selection.is_complete || !args.faults.is_empty() || args.target.is_some() {
        remove_unclaimed(&mut proof);
    }

    let exit = if interrupted {
        Exit::Interrupted
    } else if proof.is_complete() {
        Exit::Conformant
    } else {
        Exit::NotConformant
    };
    write_reports(args, &proof, exit, output)
}

/// Writes the reports. Also prints the table for people, unless a report goes to the standard output.
fn write_reports(
    args: &ProveArgs,
    proof: &Proof,
    exit: Exit,
    output: Output,
) -> Result<Exit, CliError> {
    let mut writing = Writing::default();
    let is_stdout = |request: &ProofRequest| request.destination == Destination::Stdout;
    if !args.reports.iter().any(is_stdout) {
        let table = output.masked(proof_table(proof, output.stdout));
        writing.note(output.write(&table).map_err(CliError::from));
    }
    let mut reports: Vec<_> = args.reports.iter().collect();
    reports.sort_by_key(|request| request.destination.can_wait());
    for request in reports {
        let text = output.masked((request.render)(proof));
        writing.write(&request.destination, Ok(text));
    }
    if writing.errors.is_empty() {
        Ok(exit)
    } else {
        Err(CliError::Unwritten {
            errors: writing.errors,
            exit,
        })
    }
}

/// Returns how many trials (one scenario against one fault) run at the same time.
fn jobs(args: &ProveArgs, proving: Proving) -> usize {
    match (args.pace.jobs, proving) {
        (Some(jobs), _) => usize::try_from(jobs).unwrap_or(usize::MAX),
        (None, Proving::Real) => REAL_JOBS,
        // A simulated trial keeps a core busy and never waits, so more trials than cores would not be faster.
        (None, Proving::Simulated) => available_parallelism().map_or(1, NonZero::get),
    }
}

/// Assigns each scenario to a bundled server: the server that `--target` names, or without `--target` the first bundled
/// server on which the scenario is not skipped.
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

/// Returns the number of pairs of a scenario that runs and a fault that it catches.
fn count_pairs(plans: &[(Plan, Target)]) -> usize {
    let items = plans.iter().flat_map(|(plan, _)| &plan.items);
    let run = items.filter(|item| item.skip.is_none());
    run.map(|item| item.scenario.catches.len()).sum()
}

/// Returns the scenarios whose `catches` contains one of `faults`, and removes all other faults from their `catches`.
/// Returns all scenarios unchanged if `faults` is empty.
fn with_claims(scenarios: Vec<Scenario>, faults: &[String]) -> Vec<Arc<Scenario>> {
    let narrow = |mut scenario: Scenario| {
        if !faults.is_empty() {
            scenario.catches.retain(|fault| faults.contains(fault));
        }
        (faults.is_empty() || !scenario.catches.is_empty()).then(|| Arc::new(scenario))
    };
    scenarios.into_iter().filter_map(narrow).collect()
}

/// Removes from the proof the faults that no selected scenario names in `catches`. If the user selects only some
/// scenarios, these do not have to catch every fault.
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
