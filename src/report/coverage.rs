//! Renders the coverage report, which says for each requirement whether scenarios test it: JSON for programs, a table
//! for people.

use std::{collections::BTreeMap, fmt::Write as _};

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{Palette, Role, to_safe_json};
use crate::{
    runner::{Coverage, CoverageState, Covered, Verifier},
    scenario::Tier,
    text::{escape, first_names, humanize},
};

/// The name and the version of the format of coverage reports.
pub const COVERAGE_SCHEMA: &str = "sockspec-coverage/1";

/// The limit on scenarios shown for one requirement in the table.
const SHOWN: usize = 3;

/// The coverage of all requirements.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CoverageReport {
    /// Always `sockspec-coverage/1`.
    pub schema: &'static str,
    /// The number of requirements in each state.
    pub summary: CoverageSummary,
    /// All requirements of the catalogue, sorted by id.
    pub requirements: Vec<CoveredRequirement>,
}

/// The number of requirements in each state.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub struct CoverageSummary {
    /// The number of requirements.
    pub requirements: usize,
    /// The number of requirements with a scenario that is proved to fail on a faulty server.
    pub tested: usize,
    /// The number of requirements without a scenario.
    pub untested: usize,
    /// The number of requirements whose scenarios are not proved to fail on a faulty server.
    pub unproved: usize,
}

/// The coverage of one requirement.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CoveredRequirement {
    /// The id of the requirement.
    pub id: String,
    /// The level: `must`, `should` or `may`.
    pub level: String,
    /// The document and section; null if the requirement names none.
    pub clause: Option<String>,
    /// The state: `tested`, `untested` or `unproved`.
    pub state: String,
    /// The reason why the requirement is untested or unproved. Null if it is tested, or if its file gives no reason.
    pub reason: Option<String>,
    /// The ids of the scenarios that verify the requirement, sorted.
    pub scenarios: Vec<String>,
}

/// How the table of the coverage report groups the requirements.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Grouping {
    /// By document and section.
    Clause,
    /// By state, untested requirements first.
    #[default]
    State,
}

/// Returns the coverage in the format `sockspec-coverage/1`.
pub fn coverage_json(coverage: &Coverage) -> String {
    to_safe_json(&CoverageReport::from(coverage))
}

/// Returns a table with a line for each requirement, in groups, and the counts.
pub fn coverage_table(coverage: &Coverage, grouping: Grouping, palette: Palette) -> String {
    let groups = match grouping {
        Grouping::Clause => by_clause(coverage),
        Grouping::State => by_state(coverage),
    };
    let width = coverage
        .entries
        .iter()
        .map(|entry| escape::line(&entry.requirement.id).width())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (heading, entries) in &groups {
        // Writing to a `String` can't fail.
        let heading = palette.paint(Role::Strong, escape::line(heading));
        let _ = write!(text, "{heading}");
        if grouping == Grouping::Clause {
            let tested = entries.iter().filter(|entry| is_tested(entry)).count();
            let share = format!("  {tested} of {} tested", entries.len());
            let _ = write!(text, "{}", palette.paint(Role::Dim, share));
        }
        text.push('\n');
        for entry in entries {
            text.push_str("  ");
            if grouping == Grouping::Clause {
                let _ = write!(text, "{:8}  ", entry.state.name());
            }
            let id = escape::line(&entry.requirement.id);
            let level = entry.requirement.level.to_string();
            let detail = palette.paint(Role::Dim, escape::line(&detail(entry, grouping)));
            let padding = " ".repeat(width - id.width());
            let line = format!("{level:6}  {id}{padding}  {detail}");
            text += line.trim_end();
            text.push('\n');
        }
        text.push('\n');
    }
    if !coverage.unlisted.is_empty() {
        let ids = escape::line(&coverage.unlisted.join(", "));
        let _ = writeln!(
            text,
            "requirements that a scenario verifies, but that the catalogue does not list: {ids}\n"
        );
    }
    let summary = CoverageReport::from(coverage).summary;
    let _ = writeln!(
        text,
        "{}: {} tested, {} untested, {} unproved",
        humanize::count(summary.requirements, "requirement"),
        summary.tested,
        summary.untested,
        summary.unproved,
    );
    text
}

/// Returns true if a requirement belongs to one group of the table.
type Belongs<'f> = &'f dyn Fn(&Covered) -> bool;

/// The groups of the table: each has a heading and the requirements below the heading.
type Groups<'c> = Vec<(String, Vec<&'c Covered>)>;

fn by_state(coverage: &Coverage) -> Groups<'_> {
    let unexplained =
        |entry: &Covered| entry.state == CoverageState::Untested && entry.reason.is_none();
    let explained =
        |entry: &Covered| entry.state == CoverageState::Untested && entry.reason.is_some();
    let unproved = |entry: &Covered| entry.state == CoverageState::Unproved;
    let groups: [(&str, Belongs<'_>); 4] = [
        ("Untested: no scenario yet", &unexplained),
        (
            "Unproved: nothing shows that a scenario can fail",
            &unproved,
        ),
        ("Untested for a reason", &explained),
        ("Tested", &is_tested),
    ];
    groups
        .into_iter()
        .map(|(heading, belongs)| {
            let entries = coverage.entries.iter().filter(|entry| belongs(entry));
            (heading.to_owned(), entries.collect::<Vec<_>>())
        })
        .filter(|(_, entries)| !entries.is_empty())
        .collect()
}

fn by_clause(coverage: &Coverage) -> Groups<'_> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for entry in &coverage.entries {
        let clause = entry.requirement.clause.as_deref();
        // Requirements without a clause come last, because `false` sorts before `true`.
        let key = (clause.is_none(), clause.map(natural), clause);
        groups.entry(key).or_default().push(entry);
    }
    groups
        .into_iter()
        .map(|((_, _, clause), entries)| (clause.unwrap_or("No clause").to_owned(), entries))
        .collect()
}

fn is_tested(entry: &Covered) -> bool {
    entry.state == CoverageState::Tested
}

/// Returns the text that the table shows after the id of a requirement: the scenarios, the reason or the title.
fn detail(entry: &Covered, grouping: Grouping) -> String {
    match (entry.state, &entry.reason) {
        (CoverageState::Tested, _) => verifiers(&entry.scenarios),
        (_, Some(reason)) => reason.clone(),
        (_, None) if grouping == Grouping::Clause => "no scenario yet".to_owned(),
        (_, None) => entry.requirement.title.clone(),
    }
}

/// Returns the ids of the scenarios. Scenarios made from the rows of one table share one id in this text.
fn verifiers(scenarios: &[Verifier]) -> String {
    let mut names: Vec<_> = scenarios
        .iter()
        .map(|scenario| {
            let table = scenario.id.split('[').next().unwrap_or_default();
            match scenario.tier {
                Tier::Core | Tier::Extended => table.to_owned(),
                // Show the tier of these scenarios: those of `destructive` and `slow` run only on demand, and those of
                // `info` never fail a run.
                tier @ (Tier::Destructive | Tier::Info | Tier::Slow) => format!("{table} ({tier})"),
            }
        })
        .collect();
    names.dedup();
    first_names(&names, SHOWN)
}

/// A number or a text in the name of a clause. Numbers are compared as numbers, so section 5.10 sorts after section
/// 5.9.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Part {
    Number(u64),
    Text(String),
}

fn natural(clause: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in clause.split_inclusive(|character: char| !character.is_ascii_digit()) {
        let digits = piece.trim_end_matches(|character: char| !character.is_ascii_digit());
        if !digits.is_empty() {
            parts.push(Part::Number(digits.parse().unwrap_or(u64::MAX)));
        }
        let rest = &piece[digits.len()..];
        match parts.last_mut() {
            Some(Part::Text(text)) => text.push_str(rest),
            _ if rest.is_empty() => {}
            _ => parts.push(Part::Text(rest.to_owned())),
        }
    }
    parts
}

impl From<&Coverage> for CoverageReport {
    fn from(coverage: &Coverage) -> Self {
        let requirement = |entry: &Covered| CoveredRequirement {
            id: entry.requirement.id.clone(),
            level: entry.requirement.level.to_string(),
            clause: entry.requirement.clause.clone(),
            state: entry.state.name().to_owned(),
            reason: entry.reason.clone(),
            scenarios: entry
                .scenarios
                .iter()
                .map(|scenario| scenario.id.clone())
                .collect(),
        };
        Self {
            schema: COVERAGE_SCHEMA,
            summary: CoverageSummary {
                requirements: coverage.entries.len(),
                tested: coverage.count(CoverageState::Tested),
                untested: coverage.count(CoverageState::Untested),
                unproved: coverage.count(CoverageState::Unproved),
            },
            requirements: coverage.entries.iter().map(requirement).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        scenario::{Level, Requirement},
        schema_checks,
    };

    fn covered(id: &str, clause: Option<&str>, scenarios: &[(&str, Tier)]) -> Covered {
        Covered {
            requirement: Requirement {
                id: id.to_owned(),
                level: Level::Must,
                title: format!("What {id} says"),
                clause: clause.map(str::to_owned),
                source: None,
                brief: Vec::new(),
                untested: None,
            },
            state: if scenarios.is_empty() {
                CoverageState::Untested
            } else {
                CoverageState::Tested
            },
            reason: None,
            scenarios: scenarios
                .iter()
                .map(|(id, tier)| Verifier {
                    id: (*id).to_owned(),
                    tier: *tier,
                })
                .collect(),
        }
    }

    fn coverage() -> Coverage {
        let core = |id| (id, Tier::Core);
        Coverage {
            entries: vec![
                covered(
                    "acks.value",
                    Some("RFC 6455 5.10"),
                    &[
                        core("acks/a"),
                        core("acks/b"),
                        core("acks/c"),
                        core("acks/d"),
                    ],
                ),
                Covered {
                    state: CoverageState::Unproved,
                    reason: Some("acks/late names no fault that could make it fail".to_owned()),
                    ..covered("acks.late", Some("RFC 6455 5.9"), &[core("acks/late")])
                },
                covered(
                    "ping.late",
                    Some("RFC 6455 5.9"),
                    &[("ping/late[a]", Tier::Slow), ("ping/late[b]", Tier::Slow)],
                ),
                covered("x", None, &[]),
                Covered {
                    reason: Some("Nobody can see it from outside".to_owned()),
                    ..covered("y.z", Some("RFC 6455 5.9"), &[])
                },
            ],
            unlisted: vec!["mine.own".to_owned()],
        }
    }

    #[test]
    fn untested_requirements_come_first() {
        insta::assert_snapshot!(coverage_table(&coverage(), Grouping::State, Palette::Plain), @r"
        Untested: no scenario yet
          must    x           What x says

        Unproved: nothing shows that a scenario can fail
          must    acks.late   acks/late names no fault that could make it fail

        Untested for a reason
          must    y.z         Nobody can see it from outside

        Tested
          must    acks.value  acks/a, acks/b, acks/c and 1 more
          must    ping.late   ping/late (slow)

        requirements that a scenario verifies, but that the catalogue does not list: mine.own

        5 requirements: 2 tested, 2 untested, 1 unproved
        ");
    }

    #[test]
    fn section_5_10_comes_after_section_5_9() {
        insta::assert_snapshot!(coverage_table(&coverage(), Grouping::Clause, Palette::Plain), @r"
        RFC 6455 5.9  1 of 3 tested
          unproved  must    acks.late   acks/late names no fault that could make it fail
          tested    must    ping.late   ping/late (slow)
          untested  must    y.z         Nobody can see it from outside

        RFC 6455 5.10  1 of 1 tested
          tested    must    acks.value  acks/a, acks/b, acks/c and 1 more

        No clause  0 of 1 tested
          untested  must    x           no scenario yet

        requirements that a scenario verifies, but that the catalogue does not list: mine.own

        5 requirements: 2 tested, 2 untested, 1 unproved
        ");
    }

    #[test]
    fn json_has_the_documented_fields() {
        let mut short = coverage();
        short.entries.drain(2..);
        insta::assert_snapshot!(coverage_json(&short), @r#"
        {
          "schema": "sockspec-coverage/1",
          "summary": {
            "requirements": 2,
            "tested": 1,
            "untested": 0,
            "unproved": 1
          },
          "requirements": [
            {
              "id": "acks.value",
              "level": "must",
              "clause": "RFC 6455 5.10",
              "state": "tested",
              "reason": null,
              "scenarios": [
                "acks/a",
                "acks/b",
                "acks/c",
                "acks/d"
              ]
            },
            {
              "id": "acks.late",
              "level": "must",
              "clause": "RFC 6455 5.9",
              "state": "unproved",
              "reason": "acks/late names no fault that could make it fail",
              "scenarios": [
                "acks/late"
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_clause_is_split_into_numbers_and_texts() {
        let number = Part::Number;
        let text = |text: &str| Part::Text(text.to_owned());
        assert_eq!(
            natural("RFC 6455 5.10a"),
            [
                text("RFC "),
                number(6455),
                text(" "),
                number(5),
                text("."),
                number(10),
                text("a")
            ]
        );
        assert_eq!(natural("12"), [number(12)]);
        assert_eq!(natural(""), []);
    }

    #[test]
    fn the_committed_schema_matches_the_types() {
        schema_checks::assert_committed("coverage.json", &schemars::schema_for!(CoverageReport));
    }
}
