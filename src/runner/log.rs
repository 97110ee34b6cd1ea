//! The log of a run: level `info` is for operators, `debug` for authors of scenarios, `trace` shows every packet.
//!
//! The log is not a part of the run's record, so no report escapes or masks the log later. The functions here escape
//! the texts of targets and mask secrets.

use std::time::Duration;

use tracing::{Level, Span};

use crate::{
    runner::{
        findings::{StepResult, evidence},
        plan::Item,
        play::attempt::Attempt,
        running_target::live_target::LiveTarget,
    },
    scenario::Step,
    text::escape,
};

/// Returns the tracing span of one attempt at a scenario.
pub(super) fn scenario(item: &Item, number: usize) -> Span {
    tracing::info_span!(
        "scenario",
        id = item.id.as_str(),
        transport = item.transport.name(),
        attempt = number + 1,
    )
}

/// Returns the tracing span of one step.
pub(super) fn step(step: &Step) -> Span {
    tracing::debug_span!("step", line = step.span.line)
}

/// Logs that a server is running.
pub(super) fn target_started(live: &LiveTarget, profile: Option<&str>) {
    tracing::info!(
        target = live.manifest.name.as_str(),
        url = %live.endpoint.url,
        profile,
        settle_ms = live.settle.as_millis(),
        "target started"
    );
}

/// Logs that a step has ended; at level `trace`, also what the clients sent and received during the step.
pub(super) fn step_ended(attempt: &Attempt<'_>, outcome: &StepResult, took: Duration) {
    if !tracing::enabled!(Level::DEBUG) {
        return;
    }
    traffic(attempt);
    let ended = match outcome {
        Ok(()) => "done",
        Err(_) => "stopped the scenario",
    };
    tracing::debug!(took_ms = took.as_millis(), "{ended}");
}

/// Logs the traffic of all clients since the last call of this function.
pub(super) fn traffic(attempt: &Attempt<'_>) {
    if !tracing::enabled!(Level::TRACE) {
        return;
    }
    for client in attempt.clients() {
        for link in client.links() {
            let entries = link.connection.journal().entries();
            let logged = std::mem::replace(&mut link.state().logged, entries.len());
            for entry in entries.iter().skip(logged) {
                let (received, text) = (evidence::is_received(entry), evidence::line(entry));
                let at = entry.at.saturating_duration_since(attempt.started);
                tracing::trace!(
                    client = client.spec.name.to_string(),
                    "+{:.1} ms {} {}",
                    at.as_secs_f64() * 1_000.0,
                    if received { "received" } else { "sent" },
                    escape::line(&attempt.to_mask().mask(&text)),
                );
            }
        }
    }
}
