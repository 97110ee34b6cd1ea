//! Keeps the page small if very many scenarios fail.

use std::collections::HashSet;

use super::model::{Evidence, Scenario};
use crate::text::clip;

/// The limit on the evidence with traffic, in bytes of JSON.
const EVIDENCE: usize = 3 << 20;

/// The limit on a value of evidence without traffic, in bytes.
const VALUE: usize = 300;

/// Leaves the traffic and the server's output out of some evidence if all evidence together is too large. The first
/// scenario of each cause keeps its evidence before the others do.
pub(super) fn keep(scenarios: &mut [Scenario]) {
    let mut seen = HashSet::new();
    let is_first: Vec<_> = scenarios
        .iter()
        .map(|scenario| scenario.cause.is_none_or(|cause| seen.insert(cause)))
        .collect();
    let mut order: Vec<usize> = (0..scenarios.len()).collect();
    // The sort is stable: among equals, the order of the ids decides.
    order.sort_by_key(|index| is_first.get(*index) != Some(&true));
    let mut left = EVIDENCE;
    for index in order {
        let scenario = scenarios.get_mut(index);
        let Some(evidence) = scenario.and_then(|scenario| scenario.evidence.as_mut()) else {
            continue;
        };
        // Serialization can't fail, as the type has no map.
        let size = serde_json::to_vec(evidence).map_or(0, |json| json.len());
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => shorten(evidence),
        }
    }
}

fn shorten(evidence: &mut Evidence) {
    evidence.is_short = true;
    evidence.seen.clear();
    evidence.log.clear();
    evidence.missing = None;
    evidence.excerpt = None;
    for value in [&mut evidence.expected, &mut evidence.received] {
        *value = value.as_ref().map(|text| clip(text, VALUE));
    }
}
