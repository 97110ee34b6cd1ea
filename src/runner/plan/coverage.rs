//! Coverage: which requirements are tested by scenarios that can fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::Plan;
use crate::scenario::{Level, Requirement, Requirements, Scenario, Tier, Untested};

/// The coverage of all requirements of a catalogue.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The requirements with their coverage, in order of id.
    pub entries: Vec<Covered>,
    /// The requirement ids that scenarios verify but that the catalogue does not contain, sorted.
    pub unlisted: Vec<String>,
    /// The number of the catalogue's requirements that are not in `entries`, because no selected scenario verifies
    /// them.
    pub others: usize,
    /// The name of the target whose skipped scenarios don't count; `None` if the coverage is not about a target.
    pub target: Option<String>,
}

/// The coverage of one requirement.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The requirement, as the catalogue of requirements lists it.
    pub requirement: Requirement,
    /// How well the requirement is tested.
    pub state: CoverageState,
    /// Why the requirement is not tested, if that is known.
    pub reason: Option<String>,
    /// The scenarios that verify the requirement, in order of id. Scenarios that the target skips are left out.
    pub scenarios: Vec<Verifier>,
}

/// A scenario that verifies a requirement.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Verifier {
    /// The scenario's id.
    pub id: String,
    /// The scenario's level, which can be weaker than the requirement's.
    pub level: Level,
    /// The scenario's tier.
    pub tier: Tier,
}

/// How well a requirement is tested.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CoverageState {
    /// No scenario verifies the requirement, but one is planned.
    Planned,
    /// Scenarios verify the requirement, but the target skips all of them.
    Skipped,
    /// A scenario that can fail verifies the requirement.
    Tested,
    /// Scenarios verify the requirement, but nothing shows that one of them can fail.
    Unproved,
    /// No scenario verifies the requirement, and none is planned.
    Untested,
}

/// The scenarios that a target skips: the reason by the scenario's id. Empty if the coverage is not about a target.
pub type Skips = BTreeMap<String, String>;

/// How we know that a scenario can fail.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// Each scenario lists the faults that it claims to catch. Holds the ids of all existing faults, because only a
    /// claim about an existing fault counts.
    Claims(BTreeSet<String>),
    /// `sockspec prove` ran the scenarios on servers with faults. Holds the result of each scenario by id.
    Proof(BTreeMap<String, Observed>),
}

/// The result of one scenario in a run of `sockspec prove`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Observed {
    /// The scenario proves nothing, for example because it fails on a server without a fault. Holds the reason.
    Broken(String),
    /// The scenario failed on a server with a fault.
    Killed,
    /// The scenario passed with every fault that it claims to catch. Holds the ids of these faults.
    Survived(Vec<String>),
}

impl Coverage {
    /// Computes the coverage of a catalogue's requirements by the scenarios that are not in `skips`.
    pub fn new(
        requirements: &Requirements,
        scenarios: &[Scenario],
        skips: &Skips,
        evidence: &Evidence,
    ) -> Self {
        let mut verifiers: BTreeMap<&str, Vec<&Scenario>> = BTreeMap::new();
        for scenario in scenarios {
            for id in &scenario.verifies {
                verifiers.entry(id).or_default().push(scenario);
            }
        }
        let entries = requirements.entries.values().map(|requirement| {
            let verifiers = verifiers
                .remove(requirement.id.as_str())
                .unwrap_or_default();
            covered(requirement, &verifiers, skips, evidence)
        });
        Self {
            entries: entries.collect(),
            unlisted: verifiers.into_keys().map(str::to_owned).collect(),
            others: 0,
            target: None,
        }
    }
}

impl CoverageState {
    /// Returns the name of the state in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Skipped => "skipped",
            Self::Tested => "tested",
            Self::Unproved => "unproved",
            Self::Untested => "untested",
        }
    }
}

impl Evidence {
    /// Returns the reason why it is not proved that a scenario can fail; `None` if that is proved.
    fn doubt(&self, scenario: &Scenario) -> Option<String> {
        let id = &scenario.id;
        match self {
            Self::Claims(faults) => {
                let exists = |fault: &String| faults.contains(fault);
                match scenario.catches.as_slice() {
                    [] => Some(format!("{id} names no fault that could make it fail")),
                    claims if claims.iter().any(exists) => None,
                    claims => Some(format!(
                        "{id} names no fault that exists: {}",
                        claims.join(", ")
                    )),
                }
            }
            Self::Proof(observed) => {
                // The proof lists a scenario that ran on several transports once for each transport, for example as
                // `id@polling`.
                let of_transport = |key: &str| {
                    key.strip_prefix(id.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
                };
                let mut doubts = Vec::new();
                for (_, observed) in observed.iter().filter(|(key, _)| of_transport(key)) {
                    match observed {
                        Observed::Killed => return None,
                        Observed::Broken(why) => {
                            doubts.push(format!("{id} proves nothing: {why}"));
                        }
                        Observed::Survived(faults) if faults.is_empty() => {
                            doubts.push(format!("{id} names no fault that could make it fail"));
                        }
                        Observed::Survived(faults) => {
                            doubts.push(format!("{id} does not catch {}", faults.join(", ")));
                        }
                    }
                }
                let missing = || format!("{id} is not in the proof");
                Some(doubts.into_iter().next().unwrap_or_else(missing))
            }
        }
    }
}

/// Returns the scenarios that the target of a plan skips, and why. A scenario that runs on one of several transports is
/// not skipped.
pub fn skips(scenarios: &[Arc<Scenario>], plan: &Plan) -> Skips {
    let mut skips = Skips::new();
    for scenario in scenarios {
        // The plan omits the scenarios of a tier that the run does not include.
        let reason = format!("runs only with `--include {}`", scenario.tier);
        skips.insert(scenario.id.clone(), reason);
    }
    for item in &plan.items {
        if let Some(reason) = &item.skip {
            skips.insert(item.scenario.id.clone(), reason.clone());
        }
    }
    for item in plan.items.iter().filter(|item| item.skip.is_none()) {
        skips.remove(&item.scenario.id);
    }
    skips
}

fn covered(
    requirement: &Requirement,
    verifiers: &[&Scenario],
    skips: &Skips,
    evidence: &Evidence,
) -> Covered {
    let runs = |scenario: &&&Scenario| !skips.contains_key(&scenario.id);
    let running: Vec<_> = verifiers.iter().filter(runs).collect();
    let doubts: Vec<_> = running
        .iter()
        .filter_map(|scenario| evidence.doubt(scenario))
        .collect();
    let (state, reason) = if verifiers.is_empty() {
        untested(requirement)
    } else if running.is_empty() {
        let reasons: BTreeSet<_> = verifiers
            .iter()
            .filter_map(|scenario| skips.get(&scenario.id).map(String::as_str))
            .collect();
        let reasons: Vec<_> = reasons.into_iter().collect();
        (CoverageState::Skipped, Some(reasons.join("; ")))
    } else if doubts.len() < running.len() {
        (CoverageState::Tested, None)
    } else {
        (CoverageState::Unproved, Some(doubts.join("; ")))
    };
    let mut scenarios: Vec<_> = running
        .iter()
        .map(|scenario| Verifier {
            id: scenario.id.clone(),
            level: scenario.level,
            tier: scenario.tier,
        })
        .collect();
    scenarios.sort();
    Covered {
        requirement: requirement.clone(),
        state,
        reason,
        scenarios,
    }
}

fn untested(requirement: &Requirement) -> (CoverageState, Option<String>) {
    match &requirement.untested {
        Some(Untested::Planned(missing)) => (CoverageState::Planned, Some(missing.clone())),
        Some(Untested::Never(reason)) => (CoverageState::Untested, Some(reason.clone())),
        None => (CoverageState::Untested, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Known, Others, SourceFile, load};

    fn source(name: &str, text: &str) -> Arc<SourceFile> {
        SourceFile::from_bytes(name.as_ref(), text.into()).unwrap()
    }

    fn scenarios() -> Vec<Scenario> {
        let entry = |id: &str, claims: &str| {
            format!(
                "- {{ id: {id}, title: T, verifies: [a], catches: {claims}, clients: [x], steps: [call: echo] }}\n"
            )
        };
        let text = format!(
            "scenarios:\n{}{}",
            entry("s/none", "[]"),
            entry("s/some", "[one, gone]")
        );
        let known = Known {
            requirements: None,
            faults: None,
            others: Others::Refused,
        };
        load(source("s.yaml", &text), known).unwrap()
    }

    fn state(evidence: &Evidence) -> (CoverageState, Option<String>) {
        let catalogue = "- { id: a, level: must, title: A }\n";
        let requirements = Requirements::load([source("r.yaml", catalogue)]).unwrap();
        let mut coverage = Coverage::new(&requirements, &scenarios(), &Skips::new(), evidence);
        let entry = coverage.entries.remove(0);
        (entry.state, entry.reason)
    }

    #[test]
    fn only_the_claim_of_an_existing_fault_counts() {
        let claims =
            |faults: &[&str]| Evidence::Claims(faults.iter().map(ToString::to_string).collect());
        assert_eq!(state(&claims(&["one"])), (CoverageState::Tested, None));
        let doubt = "s/none names no fault that could make it fail; s/some names no fault that exists: one, gone";
        assert_eq!(
            state(&claims(&["other"])),
            (CoverageState::Unproved, Some(doubt.to_owned()))
        );
    }

    #[test]
    fn a_proof_decides_which_scenarios_can_fail() {
        let proof = |entries: &[(&str, Observed)]| {
            let entries = entries.iter().cloned();
            Evidence::Proof(entries.map(|(id, seen)| (id.to_owned(), seen)).collect())
        };
        let green = Observed::Survived(vec!["one".to_owned()]);
        assert_eq!(
            state(&proof(&[
                ("s/some@polling", green.clone()),
                ("s/some@websocket", Observed::Killed)
            ])),
            (CoverageState::Tested, None)
        );
        // The result of `s/something` does not count for `s/some`, although its id begins with `s/some`.
        assert_eq!(
            state(&proof(&[
                ("s/some", green),
                ("s/something", Observed::Killed)
            ])),
            (
                CoverageState::Unproved,
                Some("s/none is not in the proof; s/some does not catch one".to_owned())
            )
        );
    }
}
