//! Checks the size limits of an attempt. An attempt that exceeded one says nothing about the target.

use super::{attempt::Attempt, finding::Obstacle};
use crate::client::What;

/// Returns an obstacle if a client sent more at once than the target announced as its limit.
///
/// Returns `None` for a scenario that needs the capability `max-payload` or `small-payload`, because it tests the limit
/// itself.
pub(super) fn sent_more_than_announced(attempt: &Attempt<'_>) -> Option<Obstacle> {
    let about_limits = |need: &String| matches!(need.as_str(), "max-payload" | "small-payload");
    if attempt.scenario.needs.iter().any(about_limits) {
        return None;
    }
    let mut links = attempt.clients().flat_map(|client| client.links());
    links.find_map(|link| {
        let limit = link.connection.handshake()?.max_payload?;
        let exceeds = u64::try_from(link.largest_sent()).is_ok_and(|sent| sent > limit);
        exceeds.then(|| {
            Obstacle::new(format!(
                "the scenario sends more at once than the {limit} bytes that the target announces as its limit"
            ))
        })
    })
}

/// Returns an obstacle if the target sent a client more than the runner accepts.
pub(super) fn received_more_than_accepted(attempt: &Attempt<'_>) -> Option<Obstacle> {
    attempt.clients().find_map(|client| {
        let limit = client.links().iter().find_map(|link| {
            let entries = link.connection.journal().entries();
            entries.iter().find_map(|entry| match &entry.what {
                What::Oversize(limit) => Some(limit.clone()),
                _ => None,
            })
        })?;
        let name = &client.spec.name;
        Some(Obstacle::new(format!(
            "{name} received more than sockspec accepts, although the target may send it: {limit}."
        )))
    })
}
