//! The proof that scenarios can fail: each against the reference server with each fault it claims to catch.
//!
//! Every pair has a server of its own, on a port of its own, in this process. So hundreds run side by
//! side and no fault can reach a scenario that it is not meant for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    host::{Host, StartError, Target},
    outcome::{Outcome, Verdict},
    plan::{Item, Plan},
    play::play,
    proof::{FaultProof, Proof, ScenarioProof, Survivor},
    settings::Settings,
};
use crate::reference::{FAULTS, FaultSet};

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
    let begun = Instant::now();
    let mut items: Vec<(Arc<Item>, Target)> = Vec::new();
    for (plan, reference) in plans {
        let placed = plan.items.into_iter().map(Arc::new);
        items.extend(placed.map(|item| (item, reference.clone())));
    }
    items.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let seats = Arc::new(Semaphore::new(settings.jobs.max(1)));
    let mut tasks = JoinSet::new();
    let mut total = 0;
    for (item, reference) in &items {
        let baseline = std::iter::once(None);
        for fault in baseline.chain(item.scenario.catches.iter().cloned().map(Some)) {
            total += 1;
            let (item, target, settings) = (Arc::clone(item), reference.clone(), settings.clone());
            let seats = Arc::clone(&seats);
            tasks.spawn(async move {
                let Ok(_seat) = seats.acquire_owned().await else {
                    unreachable!("the semaphore is never closed")
                };
                let outcome = one(&item, target, &settings, fault.as_deref()).await;
                (item.id.clone(), fault, outcome)
            });
        }
    }
    let mut results: BTreeMap<String, Vec<(Option<String>, Outcome)>> = BTreeMap::new();
    let mut done = 0;
    loop {
        let joined = tokio::select! {
            // Cancel-safe: neither branch loses a finished task.
            joined = tasks.join_next() => joined,
            () = interrupt.cancelled() => None,
        };
        let Some(joined) = joined else { break };
        let Ok((id, fault, outcome)) = joined else {
            continue;
        };
        done += 1;
        progress(done, total);
        results.entry(id).or_default().push((fault, outcome?));
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

async fn one(
    item: &Item,
    mut target: Target,
    settings: &Settings,
    fault: Option<&str>,
) -> Result<Outcome, StartError> {
    target.host = Host::Embedded(Box::new(FaultSet::from_ids(fault).unwrap_or_default()));
    let profile = item
        .profile
        .and_then(|index| target.manifest.profiles.get(index))
        .cloned();
    let instance = target.start(profile.as_ref(), settings).await?;
    let site = Arc::clone(&instance.site);
    let outcome = play(item, &site, settings).await;
    instance.stop().await;
    Ok(outcome)
}

fn scenario_proof(item: &Item, results: Vec<(Option<String>, Outcome)>) -> ScenarioProof {
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
    for (fault, outcome) in results {
        let why = outcome.reason.clone().unwrap_or_default();
        match (fault, outcome.verdict) {
            (None, Verdict::Pass) => {}
            (None, verdict) => {
                proof.broken = Some(format!("{verdict:?} without a fault: {why}").to_lowercase())
            }
            (Some(fault), Verdict::Fail | Verdict::Warn) => proof.killed_by.push(fault),
            (Some(fault), Verdict::Pass) => proof.survived.push(Survivor {
                fault,
                outcome: "pass".to_owned(),
            }),
            (Some(fault), verdict) => {
                proof.survived.push(Survivor {
                    fault,
                    outcome: format!("{}: {why}", format!("{verdict:?}").to_lowercase()),
                });
            }
        }
    }
    proof.killed_by.sort();
    proof.survived.sort_by(|a, b| a.fault.cmp(&b.fault));
    proof
}
