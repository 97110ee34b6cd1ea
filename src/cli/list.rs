//! `sockspec list`.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{Exit, args::ListArgs, error::CliError, paint::Output, selection::Selection};
use crate::{
    report::{Palette, Role, to_safe_json},
    scenario::{Scenario, Tier},
    text::{escape, humanize},
};

/// The version of the format of `list --json`.
const LIST_SCHEMA: &str = "sockspec-list/1";

/// Scenarios, as `list --json` writes them.
#[derive(Clone, Debug, JsonSchema, Serialize)]
struct List {
    /// Always `sockspec-list/1`.
    schema: &'static str,
    /// In order of file and line.
    scenarios: Vec<Entry>,
}

/// One scenario.
#[derive(Clone, Debug, JsonSchema, Serialize)]
struct Entry {
    /// Stable id.
    id: String,
    /// What is right, in one sentence.
    title: String,
    /// What a user loses when it fails.
    why: Option<String>,
    /// `must`, `should` or `may`.
    level: String,
    /// `core`, `extended`, `info`, `slow` or `destructive`.
    tier: String,
    /// Requirement ids.
    requirements: Vec<String>,
    /// Capabilities that a target must have.
    needs: Vec<String>,
    /// Faults of the reference server that turn it red.
    catches: Vec<String>,
    /// Transports it is written for; empty for any.
    transports: Vec<String>,
    /// Whether nothing else may run at the same time.
    exclusive: bool,
    /// The file.
    file: String,
    /// The line of its entry, from 1.
    line: usize,
}

/// Lists scenarios.
///
/// # Errors
///
/// Files with mistakes, an empty selection, an output that can't be written to.
pub(super) fn list(args: &ListArgs, output: Output) -> Result<Exit, CliError> {
    let selection = Selection::new(&args.selectors.selectors)?;
    let text = if args.json {
        to_safe_json(&List {
            schema: LIST_SCHEMA,
            scenarios: selection.scenarios.iter().map(Entry::from).collect(),
        })
    } else {
        table(&selection.scenarios, output.stdout)
    };
    output.write(&text)?;
    Ok(Exit::Conformant)
}

impl From<&Scenario> for Entry {
    fn from(scenario: &Scenario) -> Self {
        Self {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            why: scenario.why.clone(),
            level: scenario.level.to_string(),
            tier: scenario.tier.to_string(),
            requirements: scenario.verifies.clone(),
            needs: scenario.needs.clone(),
            catches: scenario.catches.clone(),
            transports: scenario
                .transports
                .iter()
                .map(ToString::to_string)
                .collect(),
            exclusive: scenario.exclusive,
            file: scenario.source.path.display().to_string(),
            line: scenario.span.line,
        }
    }
}

fn table(scenarios: &[Scenario], palette: Palette) -> String {
    let ids: Vec<_> = scenarios
        .iter()
        .map(|scenario| escape::line(&scenario.id))
        .collect();
    let width = ids.iter().map(|id| id.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (scenario, id) in scenarios.iter().zip(&ids) {
        let padding = " ".repeat(width - id.width());
        let tier = match scenario.tier {
            Tier::Core | Tier::Extended => String::new(),
            Tier::Destructive | Tier::Info | Tier::Slow => format!(" [{}]", scenario.tier),
        };
        let title = palette.paint(Role::Dim, escape::line(&scenario.title) + &tier);
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "{id}{padding}  {title}");
    }
    let _ = writeln!(text, "\n{}", humanize::count(scenarios.len(), "scenario"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_checks;

    #[test]
    fn the_committed_schema_is_the_types() {
        schema_checks::assert_committed("list.json", &schemars::schema_for!(List));
    }
}
