//! Renders the coverage as a table with a line for each requirement.

use std::{collections::BTreeMap, fmt::Write as _};

use unicode_width::UnicodeWidthStr;

use super::summary::footer;
use crate::{
    report::{Palette, Role},
    runner::{Coverage, CoverageState, Covered, Verifier},
    scenario::{Level, Tier},
    text::{escape, first_names},
};

/// The limit on scenarios shown for one requirement in the table.
const SHOWN: usize = 3;

/// How the table of the coverage report groups the requirements.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Grouping {
    /// By document and section.
    Clause,
    /// By state, untested requirements first.
    #[default]
    State,
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
    text += &footer(coverage);
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
    let planned = |entry: &Covered| entry.state == CoverageState::Planned;
    let skipped = |entry: &Covered| entry.state == CoverageState::Skipped;
    let groups: [(&str, Belongs<'_>); 6] = [
        ("Untested: no scenario yet", &unexplained),
        (
            "Unproved: nothing shows that a scenario can fail",
            &unproved,
        ),
        ("Skipped: the target skips the scenarios", &skipped),
        ("Planned: a scenario will follow", &planned),
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
        (CoverageState::Tested, _) => verifiers(entry),
        // The group says that a scenario is planned.
        (CoverageState::Planned, _) if grouping == Grouping::State => {
            entry.requirement.title.clone()
        }
        (_, Some(reason)) => reason.clone(),
        (_, None) if grouping == Grouping::Clause => "no scenario yet".to_owned(),
        (_, None) => entry.requirement.title.clone(),
    }
}

/// Returns the ids of the scenarios. Scenarios made from the rows of one table share one id in this text.
fn verifiers(entry: &Covered) -> String {
    let level = entry.requirement.level;
    let mut names: Vec<_> = entry
        .scenarios
        .iter()
        .map(|scenario| named(scenario, level))
        .collect();
    names.dedup();
    first_names(&names, SHOWN)
}

/// Returns the id of a scenario with what limits its verdict: a weaker level than the requirement's, or a tier that
/// runs only on demand (`destructive`, `slow`) or never fails a run (`info`).
fn named(scenario: &Verifier, level: Level) -> String {
    let table = scenario.id.split('[').next().unwrap_or_default();
    let level = (scenario.level > level).then(|| scenario.level.to_string());
    let tier = match scenario.tier {
        Tier::Core | Tier::Extended => None,
        tier @ (Tier::Destructive | Tier::Info | Tier::Slow) => Some(tier.to_string()),
    };
    let limits: Vec<_> = level.into_iter().chain(tier).collect();
    if limits.is_empty() {
        table.to_owned()
    } else {
        format!("{table} ({})", limits.join(", "))
    }
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

#[cfg(test)]
mod tests {
    use super::super::samples::coverage;
    use super::*;

    #[test]
    fn untested_requirements_come_first() {
        insta::assert_snapshot!(coverage_table(&coverage(), Grouping::State, Palette::Plain), @r"
        Untested: no scenario yet
          must    x           What x says

        Unproved: nothing shows that a scenario can fail
          must    acks.late   acks/late names no fault that could make it fail

        Planned: a scenario will follow
          must    z.chat      What z.chat says

        Untested for a reason
          must    y.z         Nobody can see it from outside

        Tested
          must    acks.value  acks/a, acks/b, acks/c and 1 more
          must    ping.late   ping/late (slow)

        requirements that a scenario verifies, but that the catalogue does not list: mine.own

        6 requirements: 2 tested, 1 planned, 2 untested, 1 unproved
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

        No clause  0 of 2 tested
          untested  must    x           no scenario yet
          planned   must    z.chat      there is no chat yet

        requirements that a scenario verifies, but that the catalogue does not list: mine.own

        6 requirements: 2 tested, 1 planned, 2 untested, 1 unproved
        ");
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
}
