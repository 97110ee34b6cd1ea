//! The events of a run. Every report is made from them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    notice::Notice,
    outcome::{ClientView, Outcome, RequirementNote},
    snapshots::SnapshotReport,
    summary::Summary,
    transcript::Transcript,
    verdict::Verdict,
};

/// One thing that happened in a run. A single task emits all events, so they come in the order in which they happened.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Event {
    /// The time since the start of the run.
    pub at: Duration,
    /// What happened in the run.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The things that can happen in a run.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventKind {
    /// The run began. This is the first event.
    RunStarted(RunInfo),
    /// A server of the target came up for the first time.
    TargetStarted(TargetStart),
    /// A server of the target was found dead.
    TargetDied {
        /// The profile of the server; `None` if the server runs with the manifest's own settings.
        profile: Option<String>,
        /// How the process of the server ended, if the runner launched it and knows.
        status: Option<String>,
    },
    /// A server of the target came up again after its death.
    TargetRestarted(TargetStart),
    /// A scenario began.
    ScenarioStarted {
        /// The id of the scenario that began.
        id: String,
    },
    /// An attempt at a scenario began.
    AttemptStarted {
        /// The id of the scenario of the attempt.
        id: String,
        /// The number of the attempt, from 1.
        attempt: usize,
    },
    /// Everything that the clients of an attempt sent and received. Emitted only if the settings ask for it.
    AttemptTraced(Traffic),
    /// The transcript of an attempt. Emitted only if the settings ask for it.
    AttemptTranscribed(Transcript),
    /// An attempt did not pass, and the scenario is tried again.
    ScenarioRetried {
        /// The id of the scenario that is tried again.
        id: String,
        /// The number of the attempt that did not pass, from 1.
        attempt: usize,
        /// The verdict of the attempt that did not pass.
        verdict: Verdict,
        /// Why the attempt did not pass, in one sentence.
        reason: Option<String>,
    },
    /// A scenario has been running for long and still runs.
    ScenarioSlow {
        /// The id of the scenario that still runs.
        id: String,
        /// How long the scenario has been running.
        running: Duration,
    },
    /// A scenario ended.
    ScenarioFinished(Box<Outcome>),
    /// A fact about the run that is not a verdict.
    Noticed(Notice),
    /// The user interrupted the run. Scenarios that are still running are abandoned.
    Interrupted,
    /// The transcripts of the run were compared with the stored ones.
    SnapshotsCompared(SnapshotReport),
    /// The run ended. This is the last event.
    RunFinished(Summary),
}

/// A server of the target that came up.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TargetStart {
    /// The profile of the server; `None` if the server runs with the manifest's own settings.
    pub profile: Option<String>,
    /// The address of the server.
    pub url: String,
    /// How long the start took, the measurements of the server included.
    pub took: Duration,
}

/// The traffic of one attempt.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Traffic {
    /// The id of the scenario of the attempt.
    pub id: String,
    /// The number of the attempt, from 1. An attempt that was played again has the same number as the one before it.
    pub attempt: usize,
    /// What each client sent and received.
    pub clients: Vec<ClientView>,
}

/// What a run tests: the version, the target and the settings.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RunInfo {
    /// The version of sockspec.
    pub version: String,
    /// The name of the target.
    pub target: String,
    /// The version of the target, if its manifest says one: `socket.io 4.8.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_version: Option<String>,
    /// The address of the target; empty if no server had to be started.
    pub url: String,
    /// The capabilities of the target.
    pub provides: Vec<String>,
    /// The number of scenarios, skipped ones included.
    pub scenarios: usize,
    /// The number of scenarios that run at once.
    pub jobs: usize,
    /// The seed of all random values.
    pub seed: u64,
    /// The requirements that the scenarios verify, sorted by id; empty in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<RequirementNote>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{runner::samples, scenario::Tier};

    /// Returns events of every kind, and every notice.
    fn every_kind() -> Vec<EventKind> {
        let start = TargetStart {
            profile: Some("small".to_owned()),
            url: "http://127.0.0.1:4000/".to_owned(),
            took: Duration::from_nanos(1_000_000_001),
        };
        let notices = [
            Notice::CertificatesNotChecked,
            Notice::FenceNotAcknowledged {
                operation: "echo".to_owned(),
                event_name: "say".to_owned(),
                namespace: "/talk".to_owned(),
                place: "sockspec.yaml:9".to_owned(),
                within: Duration::from_secs(2),
            },
            Notice::EndsByItself {
                after: Duration::from_millis(400),
            },
            Notice::NonePassed {
                capabilities: vec!["recovery".to_owned()],
                scenarios: 3,
            },
            Notice::NothingRuns,
            Notice::PlayedAgain { attempts: 2 },
            Notice::RecordCut { missing: 3 },
            Notice::Suspect {
                operation: "join-room".to_owned(),
                failing: 9,
                failed: 10,
                passing: 1,
            },
            Notice::TargetLost {
                reason: "nobody can start it again".to_owned(),
            },
            Notice::SurvivesEachAlone {
                scenarios: vec!["acks/value".to_owned()],
            },
            Notice::TargetEnded {
                scenario: "acks/value".to_owned(),
            },
            Notice::TierLeftOut {
                tier: Tier::Slow,
                count: 2,
            },
        ];
        let mut kinds: Vec<_> = samples::events()
            .into_iter()
            .map(|event| event.kind)
            .collect();
        kinds.extend([
            EventKind::TargetStarted(start.clone()),
            EventKind::TargetDied {
                profile: None,
                status: Some("exit status: 1".to_owned()),
            },
            EventKind::TargetRestarted(start),
            EventKind::ScenarioFinished(Box::new(samples::hostile())),
            EventKind::AttemptStarted {
                id: "acks/value".to_owned(),
                attempt: 1,
            },
            EventKind::AttemptTraced(Traffic {
                id: "acks/value".to_owned(),
                attempt: 1,
                clients: Vec::new(),
            }),
            EventKind::AttemptTranscribed(samples::transcript()),
            EventKind::SnapshotsCompared(samples::snapshots()),
            EventKind::ScenarioRetried {
                id: "acks/value".to_owned(),
                attempt: 1,
                verdict: Verdict::Fail,
                reason: Some("no ack within 2 s".to_owned()),
            },
            EventKind::ScenarioSlow {
                id: "acks/value".to_owned(),
                running: Duration::from_secs(10),
            },
            EventKind::Interrupted,
        ]);
        kinds.extend(notices.map(EventKind::Noticed));
        kinds
    }

    #[test]
    fn a_line_of_json_holds_the_whole_event() {
        for (number, kind) in every_kind().into_iter().enumerate() {
            let event = Event {
                at: Duration::from_nanos(1_234_567_891 * number as u64),
                kind,
            };
            let line = serde_json::to_string(&event).unwrap();
            assert!(!line.contains('\n'), "{line}");
            let read: Event = serde_json::from_str(&line).unwrap();
            assert_eq!(read, event, "{line}");
        }
    }

    #[test]
    fn an_event_names_its_kind_and_its_fields_side_by_side() {
        let event = Event {
            at: Duration::from_millis(1_500),
            kind: EventKind::ScenarioStarted {
                id: "acks/value".to_owned(),
            },
        };
        insta::assert_snapshot!(
            serde_json::to_string(&event).unwrap(),
            @r#"{"at":{"secs":1,"nanos":500000000},"event":"scenario-started","id":"acks/value"}"#
        );
    }
}
