//! Finds the operation of the application that most failures have in common, such as a join that takes effect too late.

use std::collections::BTreeMap;

use crate::runner::record::{notice::Notice, outcome::Outcome, verdict::Verdict};

/// The number of failed scenarios from which on an operation is suspected. Fewer can fail for reasons of their own.
const FEWEST: usize = 8;

/// Returns the notice about the operation that most of the failed scenarios use, if the scenarios that use it mostly
/// fail. Returns `None` if there is no such operation, or if only a few scenarios failed.
pub fn suspect(outcomes: &[Outcome]) -> Option<Notice> {
    let is_new_failure =
        |outcome: &&Outcome| outcome.verdict == Verdict::Fail && outcome.known.is_none();
    let failed = outcomes.iter().filter(is_new_failure).count();
    if failed < FEWEST {
        return None;
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for outcome in outcomes {
        let is_failure = is_new_failure(&outcome);
        if !is_failure && outcome.verdict != Verdict::Pass {
            continue;
        }
        for operation in &outcome.operations {
            let (failing, passing) = counts.entry(operation).or_default();
            *if is_failure { failing } else { passing } += 1;
        }
    }
    let suspects = counts.into_iter();
    let suspects = suspects
        .filter(|(_, (failing, passing))| *failing >= *passing && *failing * 4 >= failed * 3);
    // Of two operations in the same failed scenarios, the one that fewer passing scenarios use explains more.
    let (operation, (failing, passing)) = suspects
        .max_by_key(|(_, (failing, passing))| failing * failing * 1_000 / (failing + passing))?;
    Some(Notice::Suspect {
        operation: operation.to_owned(),
        failing,
        failed,
        passing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    /// Returns the outcome of a scenario that uses these operations.
    fn played(id: &str, verdict: Verdict, used: &[&str]) -> Outcome {
        Outcome {
            id: id.to_owned(),
            verdict,
            operations: used.iter().map(|&name| name.to_owned()).collect(),
            ..samples::failed()
        }
    }

    fn suspected(outcomes: &[Outcome]) -> Option<String> {
        suspect(outcomes).map(|notice| notice.to_string())
    }

    #[test]
    fn the_operation_that_most_failures_use_is_suspected() {
        let mut all: Vec<_> = (0..9)
            .map(|number| {
                let others = ["send-to-room", "members", "ask-room"];
                let other = others[number % 3];
                played(&format!("a/{number}"), Verdict::Fail, &["join-room", other])
            })
            .collect();
        all.push(played("b/other", Verdict::Fail, &["echo"]));
        all.push(played("b/join", Verdict::Pass, &["join-room"]));
        all.extend((0..20).map(|number| played(&format!("c/{number}"), Verdict::Pass, &["echo"])));
        assert_eq!(
            suspected(&all).unwrap(),
            "9 of the 10 scenarios that failed use `join-room`, and only 1 scenario that uses it passed; look at \
             `join-room` first"
        );
        all.extend(
            (0..20).map(|number| played(&format!("d/{number}"), Verdict::Pass, &["join-room"])),
        );
        assert_eq!(suspected(&all), None);
    }

    #[test]
    fn a_few_failures_point_at_no_operation() {
        let few = (0..7).map(|number| played(&format!("a/{number}"), Verdict::Fail, &["echo"]));
        assert_eq!(suspected(&few.collect::<Vec<_>>()), None);
    }
}
