//! Facts about a run that are not verdicts.

use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    scenario::Tier,
    text::{first_names, humanize},
};

/// The number of scenarios that a sentence about a dead target names.
pub(in crate::runner) const NAMED_SCENARIOS: usize = 8;

/// A fact about a run that is not a verdict. [`fmt::Display`] writes the sentence for people.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// The user turned certificate checks off, and the target is reached over TLS.
    CertificatesNotChecked,
    /// The target does not answer the manifest's fence in one of its namespaces. The fence is a request with which the
    /// runner proves that everything sent before has arrived.
    FenceNotAcknowledged {
        /// The contract's name of the fence's event, with which the runner proves that everything sent before has
        /// arrived. (`event_name` is the target's name.)
        operation: String,
        /// The name that the target uses for the event of the fence.
        event_name: String,
        /// The namespace in which the target does not acknowledge the event of the fence.
        namespace: String,
        /// The place of the fence in the manifest: `sockspec.yaml:12`.
        place: String,
        /// How long the runner waited for the answer.
        within: Duration,
    },
    /// The application sends events that no scenario asks for, and that the manifest does not list.
    UnlistedGreetings {
        /// The names of the events.
        events: Vec<String>,
    },
    /// A server ends some time after its start, even if no scenario runs.
    EndsByItself {
        /// The time between the start of the server and its end.
        after: Duration,
    },
    /// No scenario that needs a capability passed, although the target is said to provide it.
    NonePassed {
        /// The capability; several if the same scenarios need them.
        capabilities: Vec<String>,
        /// The number of scenarios that need it and were judged.
        scenarios: usize,
    },
    /// Attempts failed or warned while this process was late, and were played again alone.
    PlayedAgain {
        /// The number of attempts.
        attempts: usize,
    },
    /// No scenario runs, because each of them needs something that the target does not provide.
    NothingRuns,
    /// The probe found that the server never answers some kinds of requests.
    Silent {
        /// The kinds of requests in words, such as `POST requests`.
        requests: Vec<String>,
    },
    /// Most failed scenarios use one operation of the application, and the scenarios that use it mostly failed.
    Suspect {
        /// The contract's name of the operation.
        operation: String,
        /// The number of failed scenarios that use it.
        failing: usize,
        /// The number of all failed scenarios.
        failed: usize,
        /// The number of passed scenarios that use it.
        passing: usize,
    },
    /// The target died while several scenarios ran, and survives each of them alone.
    SurvivesEachAlone {
        /// The ids of the scenarios that ran when the target died.
        scenarios: Vec<String>,
    },
    /// The record of the run ends before the end of the run.
    RecordCut {
        /// The number of scenarios of which the record does not hold the end.
        missing: usize,
    },
    /// A scenario ended the target, and the runner started the target again.
    TargetEnded {
        /// The id of the scenario that ended the target.
        scenario: String,
    },
    /// The target died and can't be started again, so the other scenarios are skipped.
    TargetLost {
        /// Why the target can't be started, in one sentence without a full stop.
        reason: String,
    },
    /// Scenarios were left out, because the user did not include their tier.
    TierLeftOut {
        /// The tier that was left out.
        tier: Tier,
        /// The number of scenarios in the tier.
        count: usize,
    },
}

impl Notice {
    /// Returns true if scenarios did not run because the target is lost.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self, Self::TargetLost { .. })
    }
}

impl Notice {
    /// Returns true if the notice says that the record ends before the run.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::RecordCut { .. })
    }

    /// Returns true if the notice says nothing about the target or the evidence: only what was left out of the run.
    pub fn is_harmless(&self) -> bool {
        match self {
            Self::NothingRuns | Self::PlayedAgain { .. } | Self::TierLeftOut { .. } => true,
            Self::CertificatesNotChecked
            | Self::EndsByItself { .. }
            | Self::FenceNotAcknowledged { .. }
            | Self::NonePassed { .. }
            | Self::RecordCut { .. }
            | Self::Silent { .. }
            | Self::Suspect { .. }
            | Self::SurvivesEachAlone { .. }
            | Self::TargetEnded { .. }
            | Self::TargetLost { .. }
            | Self::UnlistedGreetings { .. } => false,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificatesNotChecked => write!(
                formatter,
                "certificates are not verified: another server could answer in place of the target"
            ),
            Self::FenceNotAcknowledged {
                operation,
                event_name,
                namespace,
                place,
                within,
            } => {
                let names = (operation.as_str(), event_name.as_str(), namespace.as_str());
                fence_without_answer(formatter, names, place, *within)
            }
            Self::UnlistedGreetings { events } => unlisted_greetings(formatter, events),
            Self::EndsByItself { after } => write!(
                formatter,
                "the target ends {} after its start, also while no scenario runs; no scenario is blamed for that",
                humanize::duration(*after)
            ),
            Self::RecordCut { missing } => write!(
                formatter,
                "the record was cut before the end of the run; not in it: {}",
                humanize::count(*missing, "scenario")
            ),
            Self::NothingRuns => write!(
                formatter,
                "no scenario runs: each of them needs something that the target does not provide"
            ),
            Self::PlayedAgain { attempts } => played_again(formatter, *attempts),
            Self::SurvivesEachAlone { scenarios } => survives_each_alone(formatter, scenarios),
            Self::NonePassed {
                capabilities,
                scenarios,
            } => none_passed(formatter, capabilities, *scenarios),
            Self::Silent { requests } => silent(formatter, requests),
            Self::Suspect {
                operation,
                failing,
                failed,
                passing,
            } => suspect(formatter, operation, [*failing, *failed, *passing]),
            Self::TargetEnded { scenario } => {
                write!(
                    formatter,
                    "{scenario} ended the target; it was started again"
                )
            }
            Self::TargetLost { reason } => write!(
                formatter,
                "the target died, and {reason}; the scenarios that had not run are skipped"
            ),
            Self::TierLeftOut { tier, count } => write!(
                formatter,
                "{count} of tier {tier} left out; `--include {tier}` runs them"
            ),
        }
    }
}

fn silent(formatter: &mut fmt::Formatter<'_>, requests: &[String]) -> fmt::Result {
    let requests = requests.join(", ");
    write!(
        formatter,
        "the server does not answer {requests}, as the probe found; once many scenarios have waited in vain, steps without a deadline of their own wait for 1 s"
    )
}

fn fence_without_answer(
    formatter: &mut fmt::Formatter<'_>,
    (operation, event_name, namespace): (&str, &str, &str),
    place: &str,
    within: Duration,
) -> fmt::Result {
    let bound = if event_name == operation {
        String::new()
    } else {
        format!(" (`{event_name}`)")
    };
    write!(
        formatter,
        "the manifest's fence `{operation}`{bound} got no answer in {namespace} within {} ({place}): check its name; \
         until then, silence is proved there by WebSocket pings, and by time alone over polling",
        humantime::format_duration(within)
    )
}

fn survives_each_alone(formatter: &mut fmt::Formatter<'_>, scenarios: &[String]) -> fmt::Result {
    write!(
        formatter,
        "the target died and was started again; none of these scenarios, which ran at that time, kills the target when it runs alone: {}",
        first_names(scenarios, NAMED_SCENARIOS)
    )
}

fn suspect(
    formatter: &mut fmt::Formatter<'_>,
    operation: &str,
    [failing, failed, passing]: [usize; 3],
) -> fmt::Result {
    let passed = match passing {
        0 => "no scenario that uses it passed".to_owned(),
        1 => "only 1 scenario that uses it passed".to_owned(),
        count => format!("only {count} scenarios that use it passed"),
    };
    write!(
        formatter,
        "{failing} of the {failed} scenarios that failed use `{operation}`, and {passed}; look at `{operation}` first"
    )
}

fn played_again(formatter: &mut fmt::Formatter<'_>, attempts: usize) -> fmt::Result {
    let were = match attempts {
        1 => "1 attempt was".to_owned(),
        _ => format!("{attempts} attempts were"),
    };
    write!(
        formatter,
        "{were} played again while nothing else ran, because this machine was too busy to keep the target's timeouts"
    )
}

fn unlisted_greetings(formatter: &mut fmt::Formatter<'_>, events: &[String]) -> fmt::Result {
    let names = events.join("`, `");
    let list = events.join(", ");
    write!(
        formatter,
        "clients receive `{names}`, which no scenario asks for, and ignore it; `greetings: [{list}]` in the manifest says so"
    )
}

fn none_passed(
    formatter: &mut fmt::Formatter<'_>,
    capabilities: &[String],
    scenarios: usize,
) -> fmt::Result {
    let names = capabilities.join("`, `");
    write!(
        formatter,
        "none of the {scenarios} scenarios that need `{names}` passed: if the target does not provide this, leave it out of `provides` in the manifest"
    )
}
