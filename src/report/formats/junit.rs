//! The format `junit`: JUnit XML for CI systems.
//!
//! A failed scenario is a `failure`. A scenario that could not be judged is an `error`. If a list of known deviations
//! explains it, it is `skipped` with the type `known`, as test runners report an expected failure: CI systems show it,
//! and it fails no build.

use std::collections::{BTreeMap, HashMap};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use crate::{
    report::{Format, FormatError, Palette, failure},
    runner::{Breach, Notice, Outcome, Record, SnapshotChange, SnapshotChangeKind, Verdict},
    text::{
        clip,
        escape::{self, BLOCK_LIMIT, Newlines},
    },
};

/// The format `junit`.
pub(super) static FORMAT: Format = Format {
    name: "junit",
    purpose: "for CI systems",
    run: junit,
    proof: None,
};

/// The name of the test suite about the record itself.
const RECORD: &str = "record";

/// The name of the test suite about transcripts that are not as stored.
const SNAPSHOTS: &str = "snapshots";

fn junit(record: &Record) -> Result<String, FormatError> {
    let mut report = Report::new("sockspec");
    report.set_time(record.summary.duration);
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    let mut names = Names::default();
    for outcome in &record.outcomes {
        let topic = outcome.id.split_once('/').map_or("", |(topic, _)| topic);
        let suite = suites
            .entry(topic)
            .or_insert_with(|| TestSuite::new(escaped(topic)));
        suite.add_test_case(case(outcome, topic, names.unique(&outcome.id)));
    }
    if let Some(cut) = record.notices.iter().find(|notice| notice.is_cut()) {
        suites
            .entry(RECORD)
            .or_insert_with(|| TestSuite::new(RECORD))
            .add_test_case(cut_record(cut));
    }
    if let Some(snapshots) = record
        .snapshots
        .as_ref()
        .filter(|snapshots| snapshots.fails())
    {
        let suite = suites
            .entry(SNAPSHOTS)
            .or_insert_with(|| TestSuite::new(SNAPSHOTS));
        suite.add_test_cases(snapshots.changes.iter().map(changed_transcript));
    }
    for (_, mut suite) in suites {
        suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
        suite.add_property(("target", escaped(&record.info.target).as_str()));
        suite.add_property(("url", escaped(&record.info.url).as_str()));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| FormatError {
        name: FORMAT.name,
        source: error.into(),
    })
}

/// Returns the test case that says that the record, from which the report is made, ends before the run. CI systems show
/// only test cases, so without this one they would show a run of a few scenarios that passed.
fn cut_record(cut: &Notice) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status
        .set_message(escaped(&cut.to_string()))
        .set_type("record-cut");
    let mut case = TestCase::new("the run is in the record to its end", status);
    case.set_classname(format!("sockspec.{RECORD}"));
    case
}

/// Returns the test case that says that a transcript is not as stored. It stands beside the test case of the scenario,
/// whose verdict does not depend on the transcript.
fn changed_transcript(change: &SnapshotChange) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let message = match change.kind {
        SnapshotChangeKind::Changed => "the transcript differs from the stored one",
        SnapshotChangeKind::Gone => "no scenario has the id of this stored transcript",
        SnapshotChangeKind::New => "no transcript of the scenario is stored",
        SnapshotChangeKind::Unsteady => "the transcripts of the repeats differ",
    };
    status.set_message(message).set_type(change.kind.name());
    let mut lines = change.difference.clone();
    lines.extend(change.proposal.clone());
    if !lines.is_empty() {
        let text = clip(&lines.join("\n"), BLOCK_LIMIT);
        status.set_description(escape::visible(&text, Newlines::Keep));
    }
    let mut case = TestCase::new(escaped(&change.heading()), status);
    case.set_classname(format!("sockspec.{SNAPSHOTS}"));
    let file = change.file.display().to_string();
    case.extra.insert("file".into(), escaped(&file).into());
    case
}

/// The test case names that are in use. CI systems merge test cases with the same name, so each name has to be
/// unique.
#[derive(Default)]
struct Names<'a>(HashMap<&'a str, usize>);

impl<'a> Names<'a> {
    fn unique(&mut self, id: &'a str) -> String {
        let uses = self.0.entry(id).or_default();
        *uses += 1;
        match *uses {
            1 => id.to_owned(),
            uses => format!("{id} ({uses})"),
        }
    }
}

fn case(outcome: &Outcome, topic: &str, name: String) -> TestCase {
    let mut case = TestCase::new(escaped(&name), status(outcome));
    case.set_classname(escaped(&format!("sockspec.{topic}")));
    case.set_time(outcome.duration);
    let file = outcome.file.display().to_string();
    case.extra.insert("file".into(), escaped(&file).into());
    case.extra
        .insert("line".into(), outcome.line.to_string().into());
    if let Some(cause) = &outcome.cause {
        case.add_property(("cause", escaped(&cause.id).as_str()));
        case.add_property(("cause-sentence", escaped(&cause.sentence).as_str()));
    }
    if let Some(known) = &outcome.known {
        case.add_property(("known", escaped(&known.reason).as_str()));
        case.add_property(("known-by", escaped(known.by.name()).as_str()));
    }
    if outcome.breach.is_some() {
        case.set_system_out(failure(outcome, Palette::Plain));
    }
    case
}

fn status(outcome: &Outcome) -> TestCaseStatus {
    let reason = escaped(outcome.reason.as_deref().unwrap_or_default());
    if let (Verdict::Fail | Verdict::Error, Some(known)) = (outcome.verdict, &outcome.known) {
        let mut status = TestCaseStatus::skipped();
        let message = format!("known deviation: {}", escaped(&known.reason));
        status.set_message(message).set_type("known");
        return status;
    }
    let mut status = match outcome.verdict {
        Verdict::Pass | Verdict::Warn => TestCaseStatus::success(),
        Verdict::Skip => TestCaseStatus::skipped(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    match outcome.verdict {
        Verdict::Pass | Verdict::Warn => {}
        Verdict::Skip => {
            status.set_message(reason);
        }
        Verdict::Fail => {
            let kind = outcome
                .kind
                .map_or(outcome.level.name(), |kind| kind.name());
            status.set_message(reason).set_type(escaped(kind));
        }
        Verdict::Error => {
            let kind = outcome.error.map_or("not judged", |kind| kind.name());
            status.set_message(reason).set_type(kind);
        }
    }
    if let (Verdict::Fail | Verdict::Error, Some(breach)) = (outcome.verdict, &outcome.breach) {
        status.set_description(description(breach));
    }
    if !outcome.attempts.is_empty() {
        let shown = outcome.attempts.iter();
        let shown = shown.filter(|attempt| outcome.flaky || attempt.replayed);
        status.add_reruns(shown.filter_map(|attempt| {
            let kind = match attempt.verdict {
                Verdict::Fail => NonSuccessKind::Failure,
                Verdict::Error => NonSuccessKind::Error,
                Verdict::Pass | Verdict::Warn | Verdict::Skip => return None,
            };
            let mut rerun = TestRerun::new(kind);
            let why = if attempt.replayed {
                "This machine was too busy, so the scenario was played again alone: "
            } else {
                ""
            };
            let reason = attempt.reason.as_deref().unwrap_or_default();
            rerun.set_message(escaped(&format!("{why}{reason}")));
            let kind = attempt.kind.map(|kind| kind.name());
            let kind = kind.or(attempt.error.map(|kind| kind.name()));
            rerun.set_type(kind.unwrap_or("not judged"));
            rerun.set_time(attempt.duration);
            Some(rerun)
        }));
    }
    status
}

/// Returns the short text of a failure. The output of the test case holds the full report.
fn description(breach: &Breach) -> String {
    let mut lines = vec![breach.sentence.clone()];
    if let Some(place) = &breach.place {
        let file = place.file.display();
        lines.push(format!("at {file}:{}: {}", place.line, place.text.trim()));
    }
    if let Some(expected) = &breach.expected {
        lines.push(format!("expected: {}", clip(expected, BLOCK_LIMIT)));
    }
    if let Some(received) = &breach.received {
        lines.push(format!("received: {}", clip(received, BLOCK_LIMIT)));
    }
    lines.push(format!("run again: {}", breach.rerun));
    escape::visible(&lines.join("\n"), Newlines::Keep)
}

fn escaped(text: &str) -> String {
    escape::line(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    #[test]
    fn failures_errors_and_skips_have_different_elements() {
        let xml = junit(&samples::record()).unwrap();
        // Other tests have a snapshot of this whole failure text, so this snapshot leaves it out.
        let whole = failure(&samples::failed(), Palette::Plain);
        let whole = [
            ('&', "&amp;"),
            ('<', "&lt;"),
            ('>', "&gt;"),
            ('"', "&quot;"),
            ('\'', "&apos;"),
        ]
        .iter()
        .fold(whole, |text, (plain, escaped)| {
            text.replace(*plain, escaped)
        });
        assert!(xml.contains(&whole), "{xml}");
        insta::assert_snapshot!(xml.replace(&whole, "(evidence)"), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="sockspec" tests="5" skipped="1" failures="1" errors="1" time="1.480">
            <testsuite name="acks" tests="3" skipped="0" errors="1" failures="0" time="0.013">
                <properties>
                    <property name="target" value="reference"/>
                    <property name="url" value="http://127.0.0.1:4000"/>
                </properties>
                <testcase name="acks/binary" classname="sockspec.acks" time="0.004" file="specs/gateway/acks.yaml" line="5">
                    <flakyFailure time="0.009" message="no ack within 2 s" type="not-acknowledged">
                    </flakyFailure>
                </testcase>
                <testcase name="acks/late" classname="sockspec.acks" time="0.004" file="specs/gateway/acks.yaml" line="5">
                    <error message="can&apos;t reach 127.0.0.1:3000: connection refused" type="not judged"/>
                </testcase>
                <testcase name="acks/value" classname="sockspec.acks" time="0.004" file="specs/gateway/acks.yaml" line="5"/>
            </testsuite>
            <testsuite name="auth" tests="1" skipped="1" errors="0" failures="0" time="0.000">
                <properties>
                    <property name="target" value="reference"/>
                    <property name="url" value="http://127.0.0.1:4000"/>
                </properties>
                <testcase name="auth/expired" classname="sockspec.auth" time="0.000" file="specs/gateway/acks.yaml" line="5">
                    <skipped message="the target does not provide auth-jwt"/>
                </testcase>
            </testsuite>
            <testsuite name="rooms" tests="1" skipped="0" errors="0" failures="1" time="0.023">
                <properties>
                    <property name="target" value="reference"/>
                    <property name="url" value="http://127.0.0.1:4000"/>
                </properties>
                <testcase name="rooms/to-excludes-sender" classname="sockspec.rooms" time="0.023" file="specs/gateway/rooms/emit.yaml" line="6">
                    <properties>
                        <property name="cause" value="8d7f3a0c21b4"/>
                        <property name="cause-sentence" value="Sender received room-message, which only member may receive"/>
                    </properties>
                    <failure message="sender received room-message, which only member may receive" type="delivered-to-outsider">sender received room-message, which only member may receive
        at specs/gateway/rooms/emit.yaml:21: - deliver: room-message
        expected: member: 1, sender: 0
        received: member: 1, sender: 1
        run again: sockspec run rooms/to-excludes-sender --seed 7</failure>
                    <system-out>(evidence)</system-out>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn a_cut_record_is_an_error() {
        let mut record = samples::record();
        record.outcomes = vec![samples::passed()];
        assert!(!junit(&record).unwrap().contains("record-cut"));
        record.notices.push(Notice::RecordCut { missing: 3 });
        let xml = junit(&record).unwrap();
        let case =
            r#"<testcase name="the run is in the record to its end" classname="sockspec.record">"#;
        let error = r#"<error message="the record was cut before the end of the run; not in it: 3 scenarios" type="record-cut"/>"#;
        assert!(xml.contains(case) && xml.contains(error), "{xml}");
    }

    #[test]
    fn names_are_unique() {
        let mut record = samples::record();
        record.outcomes = vec![samples::passed(), samples::passed()];
        let xml = junit(&record).unwrap();
        assert!(xml.contains(r#"name="acks/value""#), "{xml}");
        assert!(xml.contains(r#"name="acks/value (2)""#), "{xml}");
    }

    #[test]
    fn hostile_text_does_not_break_the_xml() {
        let mut record = samples::record();
        record.outcomes = vec![samples::hostile()];
        let xml = junit(&record).unwrap();
        assert!(!xml.chars().any(|c| c != '\n' && escape::acts(c)));
        assert!(!xml.contains("]]>"));
        let parsed = Report::deserialize_from_str(&xml).unwrap();
        let case = &parsed.test_suites[0].test_cases[0];
        let out = case.system_out.as_ref().unwrap().as_str();
        assert!(out.contains("]]>"), "{out}");
    }
}
