//! Outcomes and events for tests.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    runner::{
        Attempt, Breach, Cause, ClientView, Declarable, Event, EventKind, Excerpt, FailureKind,
        Notice, Outcome, Place, Record, RequirementNote, RunInfo, SeenLine, SnapshotChange,
        SnapshotChangeKind, SnapshotMode, SnapshotReport, Summary, Transcript, TranscriptLane,
        TranscriptLine, Verdict, Weight,
    },
    scenario::{Known, Level, Others, Scenario, SourceFile, Transport, load},
    targets::{Manifest, load_manifest},
};

/// Everything that a hostile server could send: terminal escapes, the end of a CDATA section, NUL, bidirectional
/// overrides, escaped surrogates, a noncharacter.
pub(crate) const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m]]>\0<script>&amp;\u{202e}\u{200b}\\ud800\u{ffff}\r\u{7f}";

/// Returns the only scenario of a file with this text.
pub(crate) fn scenario_of(text: &str) -> Scenario {
    let source = SourceFile::from_bytes(Path::new("a.yaml"), text.as_bytes().to_vec()).unwrap();
    let known = Known {
        requirements: None,
        faults: None,
        others: Others::Refused,
    };
    load(source, known).unwrap().remove(0)
}

/// Returns the manifest of a server that runs already. `more` holds further lines of YAML.
pub(crate) fn manifest_of(more: &str) -> Manifest {
    let source = SourceFile {
        path: PathBuf::from("t.yaml"),
        text: format!("name: t\nurl: http://127.0.0.1:1\n{more}\n"),
    };
    load_manifest(Arc::new(source), PathBuf::new()).unwrap()
}

pub(crate) fn passed() -> Outcome {
    Outcome {
        id: "acks/value".to_owned(),
        title: "An acknowledgement carries the handler's value".to_owned(),
        verdict: Verdict::Pass,
        flaky: false,
        level: Level::Must,
        weight: Weight::Counts,
        requirements: vec!["acks.value".to_owned()],
        needs: vec!["acks".to_owned()],
        operations: vec!["echo".to_owned()],
        known: None,
        lacks: Vec::new(),
        transport: Transport::WebSocket,
        reason: None,
        kind: None,
        error: None,
        cause: None,
        breach: None,
        further: Vec::new(),
        proofs: vec!["member: echo round trip, then 12 ms of silence".to_owned()],
        duration: Duration::from_micros(4_200),
        attempts: Vec::new(),
        file: "specs/gateway/acks.yaml".into(),
        line: 5,
    }
}

pub(crate) fn failed() -> Outcome {
    Outcome {
        id: "rooms/to-excludes-sender".to_owned(),
        title: "A client's room emit never reaches the sender".to_owned(),
        verdict: Verdict::Fail,
        requirements: vec!["rooms.to-excludes-sender".to_owned()],
        reason: Some("sender received room-message, which only member may receive".to_owned()),
        kind: Some(FailureKind::DeliveredToOutsider),
        cause: Some(Cause {
            id: "8d7f3a0c21b4".to_owned(),
            sentence: "Sender received room-message, which only member may receive".to_owned(),
        }),
        breach: Some(breach()),
        duration: Duration::from_millis(23),
        file: "specs/gateway/rooms/emit.yaml".into(),
        line: 6,
        ..passed()
    }
}

pub(crate) fn skipped() -> Outcome {
    Outcome {
        id: "auth/expired".to_owned(),
        verdict: Verdict::Skip,
        lacks: vec![Declarable::Capability("auth-jwt".to_owned())],
        reason: Some("the target does not provide auth-jwt".to_owned()),
        proofs: Vec::new(),
        duration: Duration::ZERO,
        ..passed()
    }
}

pub(crate) fn errored() -> Outcome {
    Outcome {
        id: "acks/late".to_owned(),
        verdict: Verdict::Error,
        reason: Some("can't reach 127.0.0.1:3000: connection refused".to_owned()),
        ..passed()
    }
}

/// Returns the outcome of a scenario that could not start because the target had died.
pub(crate) fn not_begun(id: &str) -> Outcome {
    Outcome {
        id: id.to_owned(),
        verdict: Verdict::Error,
        reason: Some("Not run: the target had died.".to_owned()),
        duration: Duration::ZERO,
        ..passed()
    }
}

pub(crate) fn flaky() -> Outcome {
    let attempt = |verdict, reason: Option<&str>| Attempt {
        verdict,
        reason: reason.map(str::to_owned),
        kind: reason.map(|_| FailureKind::NotAcknowledged),
        error: None,
        duration: Duration::from_millis(9),
        replayed: false,
    };
    Outcome {
        id: "acks/binary".to_owned(),
        flaky: true,
        attempts: vec![
            attempt(Verdict::Fail, Some("no ack within 2 s")),
            attempt(Verdict::Pass, None),
        ],
        ..passed()
    }
}

/// Returns an outcome in which every text from the target holds [`HOSTILE`] or is a megabyte long.
pub(crate) fn hostile() -> Outcome {
    let mut breach = breach();
    breach.sentence = format!("member received {HOSTILE}");
    breach.expected = Some("hi".to_owned());
    breach.received = Some(HOSTILE.to_owned());
    breach.log = vec![HOSTILE.to_owned()];
    breach.seen = vec![ClientView {
        client: "member".to_owned(),
        lines: vec![
            seen(12, true, HOSTILE),
            seen(13, true, &format!("42[\"{}\"]", "€".repeat(333_331))),
        ],
        left_out: 2,
    }];
    Outcome {
        id: "robustness/hostile".to_owned(),
        reason: Some(format!("member received {HOSTILE}")),
        breach: Some(breach),
        ..failed()
    }
}

pub(crate) fn events() -> Vec<Event> {
    let mut kinds = vec![EventKind::RunStarted(RunInfo {
        version: "0.1.0".to_owned(),
        target: "reference".to_owned(),
        target_version: Some("socket.io 4.8.1".to_owned()),
        url: "http://127.0.0.1:4000".to_owned(),
        provides: vec!["acks".to_owned(), "rooms".to_owned()],
        scenarios: 5,
        jobs: 16,
        seed: 7,
        requirements: vec![RequirementNote {
            id: "acks.value".to_owned(),
            level: Level::Must,
            title: "An acknowledgement carries the value of the handler".to_owned(),
            clause: None,
            source: None,
        }],
    })];
    let mut summary = Summary {
        duration: Duration::from_millis(1_480),
        ..Summary::default()
    };
    for outcome in [passed(), failed(), skipped(), flaky(), errored()] {
        summary.count(&outcome);
        kinds.push(EventKind::ScenarioStarted {
            id: outcome.id.clone(),
        });
        kinds.push(EventKind::ScenarioFinished(Box::new(outcome)));
    }
    let notice = Notice::TargetEnded {
        scenario: "acks/value".to_owned(),
    };
    kinds.insert(4, EventKind::Noticed(notice));
    kinds.push(EventKind::RunFinished(summary));
    let numbered = kinds.into_iter().zip(0..);
    numbered
        .map(|(kind, number)| Event {
            at: Duration::from_millis(number),
            kind,
        })
        .collect()
}

pub(crate) fn record() -> Record {
    let mut record = Record::default();
    events().iter().for_each(|event| record.add(event));
    // The outcome of the failed scenario comes first, so that tests can truncate the record after it.
    record
        .outcomes
        .sort_by_key(|outcome| outcome.breach.is_none());
    record
}

fn breach() -> Breach {
    Breach {
        sentence: "sender received room-message, which only member may receive".to_owned(),
        invariant: None,
        place: Some(Place {
            file: "specs/gateway/rooms/emit.yaml".into(),
            line: 21,
            column: 5,
            text: "  - deliver: room-message".to_owned(),
            width: 21,
        }),
        expected: Some("member: 1, sender: 0".to_owned()),
        received: Some("member: 1, sender: 1".to_owned()),
        tolerated: None,
        missing: None,
        seen: vec![
            ClientView {
                client: "sender".to_owned(),
                lines: vec![
                    seen(2, false, r#"421["send-to-room",{"room":"r1","text":"hi"}]"#),
                    seen(12, true, r#"42["room-message",{"room":"r1","text":"hi"}]"#),
                ],
                left_out: 3,
            },
            ClientView {
                client: "outsider".to_owned(),
                lines: Vec::new(),
                left_out: 0,
            },
        ],
        requirements: vec![RequirementNote {
            id: "rooms.to-excludes-sender".to_owned(),
            level: Level::Must,
            title: "The sender of a room emit does not receive it".to_owned(),
            clause: Some("Socket.IO server API, socket.to(room)".to_owned()),
            source: Some("https://socket.io/docs/v4/server-api/#sockettoroom".to_owned()),
        }],
        why: Some("A chat shows every message twice to the person who wrote it.".to_owned()),
        excerpt: Some(Excerpt {
            first_line: 20,
            lines: vec![
                "  steps:".to_owned(),
                "  - deliver: room-message".to_owned(),
            ],
        }),
        rerun: "sockspec run rooms/to-excludes-sender --seed 7".to_owned(),
        log: vec![
            "listening".to_owned(),
            "TypeError: x is not a function".to_owned(),
        ],
    }
}

fn seen(millis: u64, received: bool, text: &str) -> SeenLine {
    SeenLine {
        at: Duration::from_millis(millis),
        received,
        text: text.to_owned(),
    }
}

/// Returns the transcript of an attempt.
pub(crate) fn transcript() -> Transcript {
    let line = |received, text: &str| TranscriptLine {
        received,
        text: text.to_owned(),
    };
    Transcript {
        id: "acks/value@polling".to_owned(),
        attempt: 1,
        scenario: "acks/value".to_owned(),
        transport: Transport::Polling,
        profile: Some("small".to_owned()),
        lanes: vec![TranscriptLane {
            client: "alice".to_owned(),
            lines: vec![line(false, r#"420["echo",1]"#), line(true, "430[1]")],
            also: vec![line(true, r#"42["news"]"#)],
        }],
    }
}

/// Returns a comparison of transcripts with the stored ones that fails the run.
pub(crate) fn snapshots() -> SnapshotReport {
    SnapshotReport {
        folder: "reports/snapshots/reference".into(),
        mode: SnapshotMode::Check,
        same: 4,
        changes: vec![SnapshotChange {
            scenario: "acks/value".to_owned(),
            transport: Transport::Polling,
            profile: None,
            kind: SnapshotChangeKind::Changed,
            file: "reports/snapshots/reference/gateway/acks.snap".into(),
            difference: vec![
                "[alice]".to_owned(),
                "- < 430[1]".to_owned(),
                "+ < 430[\"1\"]".to_owned(),
            ],
            proposal: None,
        }],
    }
}
