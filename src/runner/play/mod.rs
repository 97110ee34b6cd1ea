//! Plays one scenario: as often as the settings say, each time with new clients and new names.

pub(super) mod attempt;
mod lanes;
mod limits;
pub(super) mod load;
pub(super) mod pulse;
pub(super) mod refused_request;
pub(super) mod schedule;
mod signing;
mod timeouts;
pub(super) mod unique;
mod vain;

use std::time::Duration;

use tracing::Instrument;

use self::{
    attempt::Attempt,
    limits::ProcessState,
    load::{Company, Load},
    schedule::{Next, Played, Schedule},
    unique::Unique,
};
use crate::{
    client::DropHow,
    clock,
    runner::{
        findings::{Finding, Obstacle, StepResult, Stop},
        judgement::{
            self, Finished, dismissal::find_dismissal, expired_session::find_expired_session,
            illegal_end::name_illegal_data, invariants,
        },
        log,
        plan::Item,
        record::{event::EventKind, verdict::Verdict},
        running_target::live_target::LiveTarget,
        settings::Settings,
        silence,
        steps::{self, perform},
    },
    scenario::Level,
};

/// The time limit of one attempt. It ends the attempt even if the timeouts of its steps are longer.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(120);

/// How long the clients of an attempt may take to disconnect.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Plays one item (a scenario on one transport) as often as the settings say.
///
/// Calls `report` when an attempt starts, and when an attempt did not pass and the item is tried again. All items that are
/// played at the same time share `load`.
pub(super) async fn play(
    item: &Item,
    target: &LiveTarget,
    settings: &Settings,
    load: &Load,
    report: impl Fn(EventKind),
) -> Played {
    let mut schedule = Schedule::new(item, settings, &load.vain, report);
    while let Some(Next {
        number,
        limit,
        company,
    }) = schedule.next()
    {
        let _permit = load.permit(company).await;
        if schedule.is_explained_meanwhile()
            || (load.is_out_of_time_alone() && schedule.forgoes_replay())
        {
            continue;
        }
        let begun = clock::now();
        let unique = Unique::new(item, settings, number);
        let attempt = Attempt::new(&item.scenario, target, item.transport, unique, perform);
        let attempt = attempt.limited_to(limit).transcribed(settings);
        let performed = async {
            // In simulated time, don't check whether this process was stopped: the simulated clock does not advance
            // during a stop.
            let process = (!target.endpoint.network.is_memory()).then(ProcessState::now);
            let steps = async {
                prepare(&attempt).await?;
                for step in &attempt.scenario.steps {
                    perform(&attempt, step).await?;
                    if limits::is_beyond_judgement(&attempt) {
                        return Ok(());
                    }
                }
                check_judged(&attempt)?;
                silence::settle(&attempt).await
            };
            let ended = clock::within(ATTEMPT_LIMIT, steps).await;
            let stop = ended.unwrap_or_else(|_| Err(too_long())).err();
            finish(&attempt, stop, process).await
        };
        let finished = performed.instrument(log::scenario(item, number)).await;
        schedule.report_traffic(&attempt);
        let played = Played {
            outcome: judgement::judge(item, settings, &attempt, finished),
            lost_a_connection: attempt.misses_a_connection(),
        };
        if company == Company::Alone && played.outcome.verdict != Verdict::Pass {
            load.count_time_alone(begun.elapsed());
        }
        schedule.add(played, || {
            load.was_too_high_for(&attempt, begun) && load.allows_another()
        });
    }
    schedule.finish()
}

/// Sets the scenario's variables and connects its clients.
async fn prepare(attempt: &Attempt<'_>) -> StepResult {
    for (name, template) in &attempt.scenario.variables {
        let value = template.render(&attempt.scope())?;
        attempt.scope().set(name.as_str(), value);
    }
    if let Some(bystander) = &attempt.bystander {
        steps::connect::bystander(attempt, bystander).await?;
    }
    steps::connect::declared_clients(attempt).await
}

/// Checks that at least one step ran that can fail. Without such a step, the attempt proves nothing.
fn check_judged(attempt: &Attempt<'_>) -> StepResult {
    if attempt.notes().judged {
        return Ok(());
    }
    Err(Obstacle::new(
        "No step judged the target: every step that can fail is in a `repeat` that ran zero times.",
    )
    .unjudged())
}

/// Returns why an attempt was stopped at [`ATTEMPT_LIMIT`].
fn too_long() -> Stop {
    Obstacle::new(format!(
        "The scenario was still running after {} s.",
        ATTEMPT_LIMIT.as_secs()
    ))
    .unjudged()
}

/// Finishes an attempt whose steps ended with `stop`: checks the invariants, the size limits and the state of this
/// process, and disconnects the clients.
async fn finish(
    attempt: &Attempt<'_>,
    mut stop: Option<Stop>,
    process: Option<ProcessState>,
) -> Finished {
    if let Some(Stop::Breach(finding)) = stop {
        stop = Some(name_illegal_data(attempt, *finding).breach());
    }
    // The runner can't judge an attempt in which a client received more than the runner accepts, even if all steps
    // passed.
    if !matches!(stop, Some(Stop::Unjudged(_)))
        && let Some(oversized) = limits::received_more_than_accepted(attempt)
    {
        stop = Some(oversized);
    }
    // Check the invariants, unless the attempt stopped without a judgement: the journals are incomplete then.
    if !matches!(stop, Some(Stop::Inapplicable(_) | Stop::Unjudged(_))) {
        for finding in invariants::check(attempt).await {
            if finding.level.is_some_and(|level| level > Level::Must) {
                attempt.warn(finding);
            } else {
                stop = Some(headline(stop.take(), finding));
            }
        }
    }
    if matches!(stop, Some(Stop::Breach(_)))
        && let Some(obstacle) = limits::sent_more_than_announced(attempt)
    {
        stop = Some(obstacle.inapplicable());
    }
    if !matches!(stop, Some(Stop::Inapplicable(_)))
        && let Some(obstacle) = find_dismissal(attempt, stop.as_ref())
    {
        stop = Some(obstacle.inapplicable());
    }
    if let Some(obstacle) = stop
        .as_ref()
        .and_then(|stop| find_expired_session(attempt, stop))
    {
        stop = Some(obstacle.unjudged());
    }
    if (stop.is_some() || !attempt.notes().warnings.is_empty())
        && let Some(disturbance) = process.and_then(ProcessState::disturbance)
    {
        stop = Some(disturbance.unjudged());
    }
    if stop.is_some() && attempt.slots.is_some() {
        // An attempt without a failure has waited already.
        silence::let_arrive(attempt).await;
    }
    disconnect(attempt).await;
    log::traffic(attempt);
    let mut notes = attempt.notes();
    Finished {
        stop,
        warnings: std::mem::take(&mut notes.warnings),
        proofs: std::mem::take(&mut notes.proofs),
    }
}

/// Returns what a report of an attempt shows that stopped with `stop` and broke an invariant: what stopped the attempt,
/// unless that follows from illegal data.
fn headline(stop: Option<Stop>, broken: Finding) -> Stop {
    match stop {
        None => broken.breach(),
        Some(Stop::Breach(finding)) if finding.can_follow_from(&broken) => {
            let stop = broken.breach().level(finding.level);
            match finding.detail.span {
                Some(span) => stop.at(span),
                None => stop,
            }
        }
        Some(stop) => stop,
    }
}

/// Disconnects every client that is still connected.
async fn disconnect(attempt: &Attempt<'_>) {
    attempt.notes().over = Some(clock::now());
    let open = attempt
        .clients()
        .flat_map(|client| client.links())
        .filter(|link| !link.has_ended());
    let ends: Vec<_> = open
        .map(|link| async move { link.connection.end(DropHow::Close).await })
        .collect();
    // Wait for a limited time only: a server may never close its side, and dropping the connections ends them anyway.
    let _ = clock::within(DISCONNECT_LIMIT, futures_util::future::join_all(ends)).await;
}
