//! Tests of the comparison of a run with its baseline.

use super::*;
use crate::{
    runner::{FurtherFinding, Outcome, baseline::file::tests::written, samples},
    scenario::Transport,
};

/// Returns a run with these verdicts, each with id and transport.
fn run(verdicts: &[(&str, &str, Verdict)]) -> Record {
    let mut record = samples::record();
    record.outcomes = verdicts
        .iter()
        .map(|(id, transport, verdict)| Outcome {
            id: (*id).to_owned(),
            transport: transport_named(transport),
            verdict: *verdict,
            ..samples::passed()
        })
        .collect();
    record
}

fn transport_named(name: &str) -> Transport {
    let all = [Transport::WebSocket, Transport::Polling, Transport::Upgrade];
    all.into_iter().find(|one| one.name() == name).unwrap()
}

fn listing(id: &str, verdict: Verdict, flaky: bool) -> Baseline {
    let deviation = Deviation {
        verdict,
        kinds: BTreeSet::new(),
        flaky,
        because: None,
        is_of_stack: false,
        reason: String::new(),
    };
    Baseline {
        deviations: [(id.to_owned(), deviation)].into(),
        target: None,
        stack: None,
    }
}

#[test]
fn new_and_stale_deviations_are_listed() {
    let baseline = written(
        "deviations:\n- { id: acks/former, verdict: fail, because: defect, reason: answers twice }\n",
    )
    .unwrap();
    let names = Names {
        former: [("acks/former".to_owned(), "acks/value".to_owned())].into(),
        ..Names::default()
    };
    insta::assert_snapshot!(baseline.compare(&samples::record(), &names), @r"
    rooms/to-excludes-sender: FAIL, which the baseline does not list
    acks/late: ERROR, which the baseline does not list
    acks/value: stale: listed in the baseline, but passes
    baseline: 0 known, 2 new, 1 stale
    ");
}

#[test]
fn scenarios_that_did_not_run_are_not_compared() {
    let names = Names::default();
    let listed = listing("a/b", Verdict::Fail, false);
    let others = run(&[
        ("c/d", "websocket", Verdict::Pass),
        ("a/b", "websocket", Verdict::Skip),
    ]);
    assert_eq!(listed.compare(&others, &names), Comparison::default());
}

#[test]
fn an_entry_for_one_transport_overrides_the_entry_for_all_transports() {
    let names = Names::default();
    let several = run(&[
        ("a/b@polling", "polling", Verdict::Fail),
        ("a/b@websocket", "websocket", Verdict::Pass),
    ]);
    let known = |baseline: Baseline| {
        let comparison = baseline.compare(&several, &names);
        (comparison.known, comparison.fail, comparison.stale.len())
    };
    assert_eq!(known(listing("a/b", Verdict::Fail, false)), (1, vec![], 0));
    assert_eq!(
        known(listing("a/b@polling", Verdict::Fail, false)),
        (1, vec![], 0)
    );
    assert_eq!(
        known(listing("a/b@websocket", Verdict::Fail, false)),
        (0, vec!["a/b@polling".to_owned()], 1)
    );
    // A run on only one transport reports the scenario as `a/b`, without `@polling`. The entry `a/b@polling` still
    // applies.
    let one = run(&[("a/b", "polling", Verdict::Fail)]);
    let comparison = listing("a/b@polling", Verdict::Fail, false).compare(&one, &names);
    assert_eq!((comparison.known, comparison.fail.len()), (1, 0));
}

#[test]
fn a_better_verdict_is_stale_unless_flaky_and_a_worse_one_is_new() {
    let names = Names::default();
    let compare = |listed, flaky, found| {
        let record = run(&[("a/b", "websocket", found)]);
        let text = listing("a/b", listed, flaky)
            .compare(&record, &names)
            .to_string();
        text.lines().next().unwrap_or_default().to_owned()
    };
    insta::assert_snapshot!(
        [
            compare(Verdict::Fail, false, Verdict::Warn),
            compare(Verdict::Fail, true, Verdict::Warn),
            compare(Verdict::Fail, true, Verdict::Pass),
            compare(Verdict::Warn, false, Verdict::Fail),
            compare(Verdict::Warn, true, Verdict::Fail),
            compare(Verdict::Fail, false, Verdict::Error),
            compare(Verdict::Error, false, Verdict::Fail),
        ]
        .join("\n"),
        @r"
    a/b: stale: listed in the baseline, but only warns
    baseline: 0 known, 0 new, 0 stale
    baseline: 0 known, 0 new, 0 stale
    a/b: FAIL, which the baseline does not list
    a/b: FAIL, which the baseline does not list
    a/b: ERROR, which the baseline does not list
    a/b: stale: listed in the baseline, but fails, so it can be judged
    "
    );
}

#[test]
fn a_known_failure_of_one_kind_does_not_hide_another_kind() {
    let names = Names::default();
    let compare = |entry: &str, verdict, kind| {
        let mut record = run(&[("a/b", "websocket", verdict)]);
        for outcome in &mut record.outcomes {
            outcome.kind = kind;
        }
        let text = format!("deviations:\n- {{ id: a/b, {entry}, reason: x }}\n");
        written(&text).unwrap().compare(&record, &names).to_string()
    };
    let known = "verdict: fail, kind: not-delivered";
    let twice = Some(FailureKind::DeliveredTwice);
    insta::assert_snapshot!(
        [
            compare(known, Verdict::Fail, Some(FailureKind::NotDelivered)),
            compare("verdict: fail", Verdict::Fail, twice),
            compare(known, Verdict::Fail, twice),
            compare(&format!("{known}, flaky: true"), Verdict::Warn, twice),
            compare(known, Verdict::Warn, twice),
            compare(known, Verdict::Pass, None),
            compare(known, Verdict::Error, None),
        ]
        .join("\n"),
        @r"
    baseline: 1 known, 0 new, 0 stale

    baseline: 1 known, 0 new, 0 stale

    a/b: FAIL of kind delivered-twice; the baseline lists the kind not-delivered
    baseline: 0 known, 1 new, 0 stale

    a/b: warn of kind delivered-twice; the baseline lists the kind not-delivered
    baseline: 0 known, 1 new, 0 stale

    a/b: warn of kind delivered-twice; the baseline lists the kind not-delivered
    a/b: stale: listed in the baseline, but only warns
    baseline: 0 known, 1 new, 1 stale

    a/b: stale: listed in the baseline, but passes
    baseline: 0 known, 0 new, 1 stale

    a/b: ERROR, which the baseline does not list
    baseline: 0 known, 1 new, 0 stale
    "
    );
}

/// Two kinds in one scenario: of different attempts, or a warning beside a failure.
#[test]
fn a_known_kind_does_not_hide_another_kind_in_the_same_outcome() {
    let compare = |kinds: &str, verdict| {
        let mut outcome = samples::failed();
        outcome.further = vec![FurtherFinding {
            verdict,
            kind: FailureKind::NotDelivered,
            sentence: "member did not receive `room-message`.".to_owned(),
            invariant: None,
            place: None,
            expected: None,
            received: None,
            tolerated: None,
        }];
        let mut record = samples::record();
        record.outcomes = vec![outcome];
        let text = format!(
            "deviations:\n- {{ id: rooms/to-excludes-sender, verdict: fail, kind: {kinds}, reason: x }}\n"
        );
        let baseline = written(&text).unwrap();
        baseline.compare(&record, &Names::default()).to_string()
    };
    insta::assert_snapshot!(
        [
            compare("delivered-to-outsider", Verdict::Fail),
            compare("delivered-to-outsider", Verdict::Warn),
            compare("not-delivered", Verdict::Fail),
            compare("[delivered-to-outsider, not-delivered]", Verdict::Fail),
            compare("[delivered-twice, too-early]", Verdict::Fail),
        ]
        .join("\n"),
        @r"
    rooms/to-excludes-sender: FAIL of kind not-delivered; the baseline lists the kind delivered-to-outsider
    baseline: 1 known, 1 new, 0 stale

    rooms/to-excludes-sender: warn of kind not-delivered; the baseline lists the kind delivered-to-outsider
    baseline: 1 known, 1 new, 0 stale

    rooms/to-excludes-sender: FAIL of kind delivered-to-outsider; the baseline lists the kind not-delivered
    baseline: 0 known, 1 new, 0 stale

    baseline: 1 known, 0 new, 0 stale

    rooms/to-excludes-sender: FAIL of kind delivered-to-outsider and not-delivered; the baseline lists the kinds delivered-twice and too-early
    baseline: 0 known, 1 new, 0 stale
    "
    );
}

#[test]
fn another_target_and_unknown_ids_give_notes() {
    let baseline = written(
        "target: another
deviations:
- { id: rooms/leeve@polling, verdict: fail, reason: x }
- { id: rooms/leave, verdict: fail, reason: x }
- { id: rooms/join, verdict: fail, reason: x }
- { id: mine/first, verdict: fail, reason: x }
- { id: mine/second, verdict: fail, reason: x }
",
    )
    .unwrap();
    let names = Names {
        known: ["rooms/join[twice]", "rooms/leave"]
            .map(str::to_owned)
            .into(),
        ..Names::default()
    };
    insta::assert_snapshot!(baseline.compare(&run(&[]), &names), @r"
    note   the baseline is for the target `another`, this run tested `reference`
    note   the baseline lists `rooms/join`, which no known scenario has; did you mean `rooms/join[twice]`?
    note   the baseline lists `rooms/leeve@polling`, which no known scenario has; did you mean `rooms/leave`?
    note   the baseline lists `mine/first` and 1 more, which no known scenario has
    baseline: 0 known, 0 new, 0 stale
    ");
}

#[test]
fn an_entry_without_a_scenario_is_stale_if_all_ids_are_known() {
    let names = Names {
        all: Some(["a/b".to_owned()].into()),
        ..Names::default()
    };
    let record = run(&[]);
    for (id, stale) in [("a/b", 0), ("a/b@polling", 0), ("a/gone", 1)] {
        let comparison = listing(id, Verdict::Fail, false).compare(&record, &names);
        assert_eq!(comparison.stale.len(), stale, "{id}");
    }
}
