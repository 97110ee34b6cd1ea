//! Proves that scenarios can fail: runs each against the reference server with each fault that it claims to catch.
//! Scenarios that wait for the end of a connection also run without the step that causes the end.
//!
//! Every trial has its own reference server in this process. So many trials can run at the same time, and a fault
//! affects only its own scenario.

pub(super) mod control;
pub(super) mod proof;
pub(super) mod trial;
pub(super) mod trials_under_way;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

use self::{
    proof::{FaultProof, Proof, ScenarioProof, Survivor},
    trial::{Change, trials},
    trials_under_way::{Proving, TrialsUnderWay},
};
use crate::{
    clock,
    reference::FAULTS,
    runner::{
        plan::{Item, Plan},
        record::{outcome::Outcome, verdict::Verdict},
        running_target::host::{StartError, Target},
        settings::Settings,
    },
};

/// Runs every item (a scenario on one transport) of the plans with each fault that its scenario claims to catch. Each
/// plan comes with the reference server that its items run against.
///
/// # Errors
///
/// Returns an error if a reference server or a thread can't be started.
pub async fn prove(
    plans: Vec<(Plan, Target)>,
    settings: &Settings,
    proving: Proving,
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
    let trials = trials(&items);
    let started = TrialsUnderWay::start(trials.clone(), settings, proving);
    let mut under_way = started.map_err(StartError::Embedded)?;
    let mut outcomes = BTreeMap::new();
    loop {
        let judged = tokio::select! {
            // Cancel-safe: neither branch loses an outcome.
            judged = under_way.next() => judged,
            () = interrupt.cancelled() => None,
        };
        let Some((index, outcome)) = judged else {
            break;
        };
        if let Some(outcome) = outcome? {
            outcomes.insert(index, outcome);
        }
        progress(outcomes.len(), trials.len());
    }
    // Collect the outcomes in the order in which the trials are listed, not in which they ended, so that the same
    // outcomes always give the same proof.
    let mut results: BTreeMap<&str, Vec<(&Change, Outcome)>> = BTreeMap::new();
    for (index, trial) in trials.iter().enumerate() {
        if let Some(outcome) = outcomes.remove(&index) {
            let of_item = results.entry(&trial.item.id).or_default();
            of_item.push((&trial.change, outcome));
        }
    }
    let scenarios: Vec<_> = items
        .iter()
        .map(|(item, _)| scenario_proof(item, results.remove(item.id.as_str()).unwrap_or_default()))
        .collect();
    Ok(Proof {
        faults: fault_proofs(&scenarios),
        scenarios,
        duration: begun.elapsed(),
    })
}

/// Returns, for each fault, the scenarios that catch the fault.
fn fault_proofs(scenarios: &[ScenarioProof]) -> Vec<FaultProof> {
    let mut caught: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for scenario in scenarios {
        for fault in &scenario.killed_by {
            caught.entry(fault).or_default().insert(&scenario.id);
        }
    }
    FAULTS
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
        .collect()
}

/// Returns what the trials of one scenario prove.
fn scenario_proof(item: &Item, results: Vec<(&Change, Outcome)>) -> ScenarioProof {
    let mut proof = ScenarioProof {
        id: item.id.clone(),
        file: item.scenario.source.path.clone(),
        line: item.scenario.span.line,
        ..ScenarioProof::default()
    };
    if let Some(reason) = &item.skip {
        proof.broken = Some(format!(
            "the scenario is skipped on the reference server: {reason}"
        ));
        return proof;
    }
    for (change, outcome) in results {
        let why = outcome.reason.clone().unwrap_or_default();
        match (change, outcome.verdict) {
            (Change::Nothing, Verdict::Pass)
            | (Change::Control { .. }, Verdict::Fail | Verdict::Warn) => {}
            (Change::Nothing, verdict) => {
                proof.broken = Some(format!("{verdict} without a fault: {why}"));
            }
            (Change::Control { left_out, .. }, Verdict::Pass) => {
                proof.broken = Some(format!(
                    "passes without the step in line {left_out}: the connection ends for another reason"
                ));
            }
            (Change::Control { left_out, .. }, verdict) => {
                proof.broken = Some(format!(
                    "{verdict} without the step in line {left_out}: {why}"
                ));
            }
            (Change::Fault(fault), Verdict::Fail | Verdict::Warn) => {
                proof.killed_by.push(fault.clone())
            }
            (Change::Fault(fault), Verdict::Pass) => proof.survived.push(Survivor {
                fault: fault.clone(),
                outcome: Verdict::Pass.name().to_owned(),
            }),
            (Change::Fault(fault), verdict) => {
                proof.survived.push(Survivor {
                    fault: fault.clone(),
                    outcome: format!("{verdict}: {why}"),
                });
            }
        }
    }
    proof.killed_by.sort();
    proof.survived.sort_by(|a, b| a.fault.cmp(&b.fault));
    proof
}
