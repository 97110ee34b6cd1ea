//! Renders the coverage by question: how many of the requirements that answer a question are tested.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::summary::{CoverageSummary, footer};
use crate::{
    report::{Palette, Role},
    runner::{Coverage, CoverageState, Covered},
    scenario::{Level, question_subject},
};

/// The coverage of the requirements that answer one question.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CoveredQuestion {
    /// The number of the question.
    pub question: u32,
    /// The subject of the question; null if it is not one of the 45 questions about gateways.
    pub subject: Option<&'static str>,
    /// The number of requirements in each state.
    #[serde(flatten)]
    pub counts: CoverageSummary,
    /// The ids of the requirements of the level `must` that are not tested, sorted.
    pub open_musts: Vec<String>,
}

/// Returns the coverage of each question that a requirement names, sorted by number.
pub(super) fn questions(coverage: &Coverage) -> Vec<CoveredQuestion> {
    let mut answers: BTreeMap<u32, Vec<&Covered>> = BTreeMap::new();
    for entry in &coverage.entries {
        let questions: BTreeSet<_> = entry.requirement.brief.iter().collect();
        for question in questions {
            answers.entry(*question).or_default().push(entry);
        }
    }
    answers
        .into_iter()
        .map(|(question, entries)| CoveredQuestion {
            question,
            subject: question_subject(question),
            counts: CoverageSummary::new(entries.iter().copied()),
            open_musts: entries
                .iter()
                .filter(|entry| is_open_must(entry))
                .map(|entry| entry.requirement.id.clone())
                .collect(),
        })
        .collect()
}

fn is_open_must(entry: &Covered) -> bool {
    entry.requirement.level == Level::Must && entry.state != CoverageState::Tested
}

/// A line of the table.
struct Row<'q> {
    /// The number of the question, or `none` for the requirements that answer no question.
    question: String,
    subject: &'q str,
    counts: CoverageSummary,
    /// The number of requirements of the level `must` that are not tested.
    open_musts: usize,
}

/// A column of numbers: its heading, and its value in a row.
type Column = (&'static str, fn(&Row<'_>) -> usize);

/// Returns a table with a line for each question: its subject, and the number of its requirements in each state.
pub fn question_table(coverage: &Coverage, palette: Palette) -> String {
    let questions = questions(coverage);
    let mut rows: Vec<_> = questions
        .iter()
        .map(|question| Row {
            question: question.question.to_string(),
            subject: question.subject.unwrap_or_default(),
            counts: question.counts,
            open_musts: question.open_musts.len(),
        })
        .collect();
    rows.extend(unasked(coverage));
    let mut columns: Vec<Column> = vec![
        ("requirements", |row| row.counts.requirements),
        ("tested", |row| row.counts.tested),
        ("planned", |row| row.counts.planned),
        ("untested", |row| row.counts.untested),
        ("unproved", |row| row.counts.unproved),
        ("musts not tested", |row| row.open_musts),
    ];
    if coverage.target.is_some() {
        columns.insert(2, ("skipped", |row| row.counts.skipped));
    }
    let widths = rows.iter().map(|row| row.subject.width());
    let width = widths.chain(["subject".len()]).max().unwrap_or(0);
    let mut heading = format!("question  {:width$}", "subject");
    for (name, _) in &columns {
        // Writing to a `String` can't fail.
        let _ = write!(heading, "  {name}");
    }
    let mut text = format!("{}\n", palette.paint(Role::Strong, heading));
    for row in &rows {
        let _ = write!(text, "{:>8}  {:width$}", row.question, row.subject);
        for (name, value) in &columns {
            let _ = write!(text, "  {:>1$}", value(row), name.len());
        }
        text.push('\n');
    }
    text.push('\n');
    text + &footer(coverage)
}

/// Returns the row for the requirements that answer no question, or `None` if there are none.
fn unasked(coverage: &Coverage) -> Option<Row<'static>> {
    let entries = coverage.entries.iter();
    let entries: Vec<_> = entries
        .filter(|entry| entry.requirement.brief.is_empty())
        .collect();
    (!entries.is_empty()).then(|| Row {
        question: "none".to_owned(),
        subject: "",
        counts: CoverageSummary::new(entries.iter().copied()),
        open_musts: entries.iter().filter(|entry| is_open_must(entry)).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    /// Returns the coverage of the samples, whose first requirement answers three questions and whose last answers one.
    fn coverage() -> Coverage {
        let mut coverage = samples::coverage();
        let last = coverage.entries.len() - 1;
        coverage.entries[0].requirement.brief = vec![1, 30, 30, 100];
        coverage.entries[last].requirement.brief = vec![30];
        coverage
    }

    #[test]
    fn every_question_has_a_line() {
        insta::assert_snapshot!(question_table(&coverage(), Palette::Plain), @r"
        question  subject                 requirements  tested  planned  untested  unproved  musts not tested
               1  The WebSocket protocol             1       1        0         0         0                 0
              30  Acknowledgements                   2       1        1         0         0                 1
             100                                     1       1        0         0         0                 0
            none                                     4       1        0         2         1                 3

        requirements that a scenario verifies, but that the catalogue does not list: mine.own

        6 requirements: 2 tested, 1 planned, 2 untested, 1 unproved
        ");
    }

    #[test]
    fn skipped_requirements_have_a_column_if_there_is_a_target() {
        let mut coverage = coverage();
        coverage.target = Some("shop".to_owned());
        coverage.entries[0].state = CoverageState::Skipped;
        let table = question_table(&coverage, Palette::Plain);
        let lines: Vec<_> = table.lines().take(2).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        question  subject                 requirements  tested  skipped  planned  untested  unproved  musts not tested
               1  The WebSocket protocol             1       0        1        0         0         0                 1
        ");
    }
}
