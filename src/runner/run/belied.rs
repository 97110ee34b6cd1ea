//! Finds capabilities that the manifest claims and the run belies: no scenario that needs one of them passed.

use std::collections::{BTreeMap, HashMap};

use crate::runner::record::{notice::Notice, outcome::Outcome, verdict::Verdict};

/// The number of failed scenarios from which on a capability is doubted. Fewer can fail for reasons of their own.
const FEWEST: usize = 3;

/// Returns a notice for each capability that no judged scenario confirms, although scenarios without it pass.
///
/// Leaves out a capability whose scenarios fail for a cause that other scenarios share: a server that refuses every
/// connection belies no capability in particular.
pub fn belied(outcomes: &[Outcome]) -> Vec<Notice> {
    let judged = || {
        let judged = outcomes.iter();
        judged.filter(|outcome| outcome.verdict != Verdict::Skip)
    };
    let mut needing: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    let mut of_cause: HashMap<&str, Vec<&Outcome>> = HashMap::new();
    for outcome in judged() {
        for need in &outcome.needs {
            needing.entry(need).or_default().push(outcome);
        }
        if let Some(cause) = &outcome.cause {
            of_cause.entry(&cause.id).or_default().push(outcome);
        }
    }
    let needs = |outcome: &Outcome, name: &str| outcome.needs.iter().any(|need| need == name);
    let has_own_cause = |outcome: &Outcome, name: &str| {
        let cause = outcome.cause.as_ref();
        let sharing = cause.and_then(|cause| of_cause.get(cause.id.as_str()));
        sharing.is_some_and(|sharing| sharing.iter().all(|other| needs(other, name)))
    };
    let is_belied = |name: &str, group: &[&Outcome]| {
        let own = group.iter().filter(|outcome| has_own_cause(outcome, name));
        group.len() >= FEWEST
            && group.iter().all(|outcome| outcome.needs_attention())
            && own.count() * 2 >= group.len()
            && judged().any(|outcome| outcome.verdict == Verdict::Pass)
    };
    needing.retain(|name, group| is_belied(name, group));
    // A capability that only scenarios with another doubted capability need is not doubted itself.
    let is_a_part = |name: &str, group: &[&Outcome]| {
        let others = needing.iter().filter(|(other, _)| **other != name);
        others
            .filter(|(_, larger)| larger.len() > group.len())
            .any(|(other, _)| group.iter().all(|outcome| needs(outcome, other)))
    };
    let mut by_group: BTreeMap<Vec<&str>, Vec<String>> = BTreeMap::new();
    for (name, group) in &needing {
        if !is_a_part(name, group) {
            let ids = group.iter().map(|outcome| outcome.id.as_str()).collect();
            by_group.entry(ids).or_default().push((*name).to_owned());
        }
    }
    by_group
        .into_iter()
        .map(|(ids, capabilities)| Notice::NonePassed {
            capabilities,
            scenarios: ids.len(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{Cause, samples};

    fn outcome(id: &str, verdict: Verdict, needs: &[&str], cause: &str) -> Outcome {
        Outcome {
            id: id.to_owned(),
            verdict,
            needs: needs.iter().map(ToString::to_string).collect(),
            cause: Some(Cause {
                id: cause.to_owned(),
                sentence: cause.to_owned(),
            }),
            ..samples::failed()
        }
    }

    fn named(outcomes: &[Outcome]) -> Vec<String> {
        belied(outcomes).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_capability_that_no_scenario_confirms_is_named_once() {
        let mut outcomes = vec![samples::passed()];
        for (id, verdict) in [
            ("a", Verdict::Warn),
            ("b", Verdict::Error),
            ("c", Verdict::Fail),
        ] {
            outcomes.push(outcome(id, verdict, &["acks", "recovery"], "no pid"));
        }
        // These scenarios need `recovery` and `watch`, and fail because of `recovery`: nothing shows that the target
        // lacks `watch`.
        for id in ["d", "e", "f"] {
            outcomes.push(outcome(id, Verdict::Fail, &["recovery", "watch"], "no pid"));
        }
        insta::assert_snapshot!(named(&outcomes).join("\n"), @r"none of the 6 scenarios that need `recovery` passed: if the target does not provide this, leave it out of `provides` in the manifest");
        outcomes.push(Outcome {
            needs: vec!["recovery".to_owned(), "watch".to_owned()],
            ..samples::passed()
        });
        assert_eq!(named(&outcomes), [""; 0]);
    }

    #[test]
    fn capabilities_of_the_same_scenarios_are_named_together() {
        let mut outcomes = vec![samples::passed()];
        for id in ["a", "b", "c"] {
            outcomes.push(outcome(id, Verdict::Fail, &["recovery", "watch"], "no pid"));
        }
        let named = named(&outcomes);
        assert_eq!(named.len(), 1);
        assert!(
            named[0].contains("that need `recovery`, `watch` passed"),
            "{named:?}"
        );
    }

    #[test]
    fn a_cause_that_other_scenarios_share_belies_no_capability() {
        let mut outcomes = vec![samples::passed()];
        for id in ["a", "b", "c"] {
            outcomes.push(outcome(id, Verdict::Fail, &["recovery"], "no connection"));
        }
        outcomes.push(outcome("d", Verdict::Fail, &["rooms"], "no connection"));
        assert_eq!(named(&outcomes), [""; 0]);
    }
}
