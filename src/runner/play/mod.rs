//! Plays one scenario: as often as the settings say, each time with new clients and new names.

pub(super) mod attempt;
pub(super) mod limits;
pub(super) mod pulse;
pub(super) mod unique;

use std::time::Duration;

use tracing::Instrument;

use self::{attempt::Attempt, limits::ProcessState, unique::Unique};
use crate::{
    client::DropHow,
    clock,
    runner::{
        findings::{Finding, Obstacle, StepResult, Stop},
        judgement::{
            self, Finished, Merge, dismissal::find_dismissal, illegal_end::name_illegal_data,
            invariants,
        },
        log,
        plan::Item,
        record::{event::EventKind, outcome::Outcome, verdict::Verdict},
        running_target::live_target::LiveTarget,
        settings::Settings,
        silence, steps,
    },
    scenario::Level,
};

/// The time limit of one attempt. It ends the attempt even if the timeouts of its steps are longer.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(120);

/// The timeout of a step that is known to wait in vain. If something else happens, the scenario is played again with the
/// usual timeout.
const KNOWN_LIMIT: Duration = Duration::from_secs(1);

/// The first number of the attempts with [`KNOWN_LIMIT`], so that their names differ from those of all other attempts.
const OTHER_NAMES: usize = 1 << 20;

/// How long the clients of an attempt may take to disconnect.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(2);

/// The result of playing one item, that is, one scenario on one transport.
#[derive(Debug)]
pub(super) struct Played {
    /// The outcome of the scenario, from all attempts together.
    pub(super) outcome: Outcome,
    /// Whether a client never connected, or lost a connection that the client did not end.
    pub(super) lost_a_connection: bool,
}

/// Plays one item (a scenario on one transport) as often as the settings say.
///
/// Calls `report` when an attempt starts, and when an attempt did not pass and the item is tried again.
pub(super) async fn play(
    item: &Item,
    target: &LiveTarget,
    settings: &Settings,
    report: impl Fn(EventKind),
) -> Played {
    let mut lost_a_connection = false;
    let mut outcomes = Vec::new();
    let (tries, merge) = match settings.repeat {
        0 | 1 => (1 + settings.retries, Merge::Last),
        repeat => (repeat, Merge::Worst),
    };
    for number in 0..tries {
        report(EventKind::AttemptStarted {
            id: item.id.clone(),
            attempt: number + 1,
        });
        let played = try_number(item, target, settings, number).await;
        lost_a_connection |= played.lost_a_connection;
        let outcome = played.outcome;
        let is_retry = matches!(merge, Merge::Last);
        let is_due = outcome.verdict.is_red() && number + 1 < tries;
        if is_retry && is_due {
            report(EventKind::ScenarioRetried {
                id: item.id.clone(),
                attempt: number + 1,
                verdict: outcome.verdict,
                reason: outcome.reason.clone(),
            });
        }
        outcomes.push(outcome);
        if is_retry && !is_due {
            break;
        }
    }
    let outcome = judgement::merge(outcomes, merge)
        .unwrap_or_else(|| unreachable!("every item is played at least once"));
    Played {
        outcome,
        lost_a_connection,
    }
}

/// Plays one item once; twice if the item is known to wait in vain and a short wait shows something else.
async fn try_number(
    item: &Item,
    target: &LiveTarget,
    settings: &Settings,
    number: usize,
) -> Played {
    let mut lost_a_connection = false;
    if settings.known.waits_in_vain(&item.id, item.transport) {
        let limited = (number + OTHER_NAMES, Some(KNOWN_LIMIT));
        let short = try_once(item, target, settings, limited).await;
        // Any other outcome may be due to the short timeout.
        if short.outcome.verdict == Verdict::Pass || settings.known.find(&short.outcome).is_some() {
            return short;
        }
        lost_a_connection = short.lost_a_connection;
    }
    let mut played = try_once(item, target, settings, (number, None)).await;
    played.lost_a_connection |= lost_a_connection;
    played
}

/// Plays one item once, with a limit on the timeout of steps that set none. `number` counts the attempts.
async fn try_once(
    item: &Item,
    target: &LiveTarget,
    settings: &Settings,
    (number, limit): (usize, Option<Duration>),
) -> Played {
    let unique = Unique::new(item, settings, number);
    let attempt = Attempt::new(
        &item.scenario,
        target,
        item.transport,
        unique,
        steps::perform,
    )
    .limited_to(limit);
    let finished = run_attempt(&attempt)
        .instrument(log::scenario(item, number))
        .await;
    Played {
        outcome: judgement::judge(item, settings, &attempt, finished),
        lost_a_connection: attempt.misses_a_connection(),
    }
}

/// Runs an attempt to its end, checks the invariants and the size limits, and disconnects the clients.
async fn run_attempt(attempt: &Attempt<'_>) -> Finished {
    // In simulated time, don't check whether this process was stopped: the simulated clock does not advance during a
    // stop.
    let process = (!attempt.target.endpoint.network.is_memory()).then(ProcessState::now);
    let mut stop = match clock::within(ATTEMPT_LIMIT, perform_steps(attempt)).await {
        Ok(played) => played.err(),
        Err(_) => Some(
            Obstacle::new(format!(
                "The scenario was still running after {} s.",
                ATTEMPT_LIMIT.as_secs()
            ))
            .unjudged(),
        ),
    };
    if let Some(Stop::Breach(finding)) = stop {
        stop = Some(name_illegal_data(attempt, *finding).breach());
    }
    // The runner can't judge an attempt in which a client received more than the runner accepts, even if all steps
    // passed.
    if !matches!(stop, Some(Stop::Unjudged(_)))
        && let Some(obstacle) = limits::received_more_than_accepted(attempt)
    {
        stop = Some(obstacle.unjudged());
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
    if (stop.is_some() || !attempt.notes().warnings.is_empty())
        && let Some(disturbance) = process.and_then(ProcessState::disturbance)
    {
        stop = Some(disturbance.unjudged());
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

/// Connects the clients and performs the steps. At the end, checks again all claims that a client does not receive
/// something.
async fn perform_steps(attempt: &Attempt<'_>) -> StepResult {
    for (name, template) in &attempt.scenario.variables {
        let value = template.render(&attempt.scope())?;
        attempt.scope().set(name.as_str(), value);
    }
    if let Some(bystander) = &attempt.bystander {
        steps::connect::bystander(attempt, bystander).await?;
    }
    steps::connect::declared_clients(attempt).await?;
    for step in &attempt.scenario.steps {
        steps::perform(attempt, step).await?;
        if limits::is_beyond_judgement(attempt) {
            return Ok(());
        }
    }
    if !attempt.notes().judged {
        return Err(Obstacle::new(
            "No step judged the target: every step that can fail is in a `repeat` that ran zero times.",
        )
        .unjudged());
    }
    silence::settle(attempt).await
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
