//! The proof that scenarios can fail: each against the reference server with each fault it claims to catch, and
//! each that awaits the end of a connection also without the act that should end it.
//!
//! Every pair has a server of its own, on a port of its own, in this process. So hundreds run side by
//! side and no fault can reach a scenario that it is not meant for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    control::control,
    host::{Host, StartError, Target},
    outcome::Outcome,
    plan::{Item, Plan},
    play::play,
    proof::{FaultProof, Proof, ScenarioProof, Survivor},
    settings::Settings,
    verdict::Verdict,
};
use crate::{
    clock,
    reference::{FAULTS, FaultSet},
    scenario::{Scenario, Tier},
};

/// Proves every item of the plans, each against the reference server beside its plan.
///
/// # Errors
///
/// A reference server can't be started.
pub async fn prove(
    plans: Vec<(Plan, Target)>,
    settings: &Settings,
    interrupt: CancellationToken,
    mut progress: impl FnMut(usize, usize),
) -> Result<Proof, StartError> {
    let begun = clock::now();
    let mut items: Vec<(Arc<Item>, Target)> = Vec::new();
    for (plan, reference) in plans {
        let placed = plan.items.into_iter().map(Arc::new);
        items.extend(placed.map(|item| (item, reference.clone())));
    }
    items.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let seats = Arc::new(Semaphore::new(settings.jobs.max(1)));
    let mut tasks = JoinSet::new();
    let mut total = 0;
    // The rows of a table share their steps, so that one control speaks for all.
    let mut controlled = BTreeSet::new();
    // What waits longest begins first.
    let (slow, quick): (Vec<_>, Vec<_>) = items
        .iter()
        .partition(|(item, _)| item.scenario.tier == Tier::Slow);
    for (item, reference) in slow.into_iter().chain(quick) {
        let scenario = &item.scenario;
        let is_first_row = controlled.insert((&scenario.source.path, scenario.span.start));
        for trial in trials(item, is_first_row) {
            total += 1;
            let (item, target, settings) = (Arc::clone(item), reference.clone(), settings.clone());
            let seats = Arc::clone(&seats);
            tasks.spawn(async move {
                let Ok(_seat) = seats.acquire_owned().await else {
                    unreachable!("the semaphore is never closed")
                };
                let outcome = one(&item, target, &settings, &trial).await;
                (item.id.clone(), trial, outcome)
            });
        }
    }
    let mut results: BTreeMap<String, Vec<(Trial, Outcome)>> = BTreeMap::new();
    let mut done = 0;
    loop {
        let joined = tokio::select! {
            // Cancel-safe: neither branch loses a finished task.
            joined = tasks.join_next() => joined,
            () = interrupt.cancelled() => None,
        };
        let Some(joined) = joined else { break };
        let Ok((id, trial, outcome)) = joined else {
            continue;
        };
        done += 1;
        progress(done, total);
        results.entry(id).or_default().push((trial, outcome?));
    }
    let scenarios: Vec<_> = items
        .iter()
        .map(|(item, _)| scenario_proof(item, results.remove(&item.id).unwrap_or_default()))
        .collect();
    let mut caught: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for scenario in &scenarios {
        for fault in &scenario.killed_by {
            caught.entry(fault).or_default().insert(&scenario.id);
        }
    }
    let faults = FAULTS
        .iter()
        .map(|fault| FaultProof {
            id: fault.id.to_owned(),
            breaks: fault.breaks.to_owned(),
            caught_by: caught
                .get(fault.id)
                .into_iter()
                .flatten()
                .map(|id| (*id).to_owned())
                .collect(),
        })
        .collect();
    Ok(Proof {
        faults,
        scenarios,
        duration: begun.elapsed(),
    })
}

/// One way of running a scenario.
#[derive(Clone, Debug)]
enum Trial {
    /// Without a fault: it must be green.
    Right,
    /// With a fault: it must be red.
    Fault(String),
    /// Without the act that should end a connection: it must be red.
    Control {
        scenario: Arc<Scenario>,
        /// The line of the act.
        left_out: usize,
    },
}

fn trials(item: &Item, with_control: bool) -> Vec<Trial> {
    let faults = item.scenario.catches.iter().cloned().map(Trial::Fault);
    let mut trials: Vec<_> = std::iter::once(Trial::Right).chain(faults).collect();
    if with_control && let Some((scenario, left_out)) = control(&item.scenario) {
        let scenario = Arc::new(scenario);
        trials.push(Trial::Control { scenario, left_out });
    }
    trials
}

async fn one(
    item: &Item,
    mut target: Target,
    settings: &Settings,
    trial: &Trial,
) -> Result<Outcome, StartError> {
    let mut item = item.clone();
    let fault = match trial {
        Trial::Right => None,
        Trial::Fault(fault) => Some(fault.as_str()),
        Trial::Control { scenario, .. } => {
            item.scenario = Arc::clone(scenario);
            None
        }
    };
    target.host = Host::Embedded(Box::new(FaultSet::from_ids(fault).unwrap_or_default()));
    let profile = item
        .profile
        .and_then(|index| target.manifest.profiles.get(index))
        .cloned();
    let instance = target.start(profile.as_ref(), settings).await?;
    let live = Arc::clone(&instance.live);
    let outcome = play(&item, &live, settings, |_| {}).await.outcome;
    instance.stop().await;
    Ok(outcome)
}

fn scenario_proof(item: &Item, results: Vec<(Trial, Outcome)>) -> ScenarioProof {
    let mut proof = ScenarioProof {
        id: item.id.clone(),
        file: item.scenario.source.path.clone(),
        line: item.scenario.span.line,
        ..ScenarioProof::default()
    };
    if let Some(reason) = &item.skip {
        proof.broken = Some(format!("the reference server does not run it: {reason}"));
        return proof;
    }
    for (trial, outcome) in results {
        let why = outcome.reason.clone().unwrap_or_default();
        match (trial, outcome.verdict) {
            (Trial::Right, Verdict::Pass)
            | (Trial::Control { .. }, Verdict::Fail | Verdict::Warn) => {}
            (Trial::Right, verdict) => {
                proof.broken = Some(format!("{verdict} without a fault: {why}"));
            }
            (Trial::Control { left_out, .. }, Verdict::Pass) => {
                proof.broken = Some(format!(
                    "green without the step in line {left_out}: the connection ends for another reason"
                ));
            }
            (Trial::Control { left_out, .. }, verdict) => {
                proof.broken = Some(format!(
                    "{verdict} without the step in line {left_out}: {why}"
                ));
            }
            (Trial::Fault(fault), Verdict::Fail | Verdict::Warn) => proof.killed_by.push(fault),
            (Trial::Fault(fault), Verdict::Pass) => proof.survived.push(Survivor {
                fault,
                outcome: Verdict::Pass.name().to_owned(),
            }),
            (Trial::Fault(fault), verdict) => {
                proof.survived.push(Survivor {
                    fault,
                    outcome: format!("{verdict}: {why}"),
                });
            }
        }
    }
    proof.killed_by.sort();
    proof.survived.sort_by(|a, b| a.fault.cmp(&b.fault));
    proof
}
