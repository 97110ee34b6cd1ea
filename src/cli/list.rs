//! `sockspec list`: prints the selected scenarios.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{Exit, args::ListArgs, error::CliError, paint::Output, selection::Selection};
use crate::{
    report::{Palette, Role, to_safe_json},
    scenario::{Level, Scenario, Tier},
    text::{escape, humanize},
};

/// The version of the format of `list --json`.
const LIST_SCHEMA: &str = "sockspec-list/1";

/// The output of `list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
struct List {
    /// Always `sockspec-list/1`.
    schema: &'static str,
    /// The selected scenarios, in order of file and line.
    scenarios: Vec<Entry>,
}

/// A scenario in the output of `list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
struct Entry {
    /// The id, which never changes.
    id: String,
    /// The behaviour of a correct server, in one sentence.
    title: String,
    /// The consequence for users of a server that fails the scenario.
    why: Option<String>,
    /// The level: `must`, `should` or `may`.
    level: String,
    /// The tier: `core`, `extended`, `info`, `slow` or `destructive`.
    tier: String,
    /// The ids of the requirements that the scenario verifies.
    requirements: Vec<String>,
    /// The capabilities that the target needs for the scenario.
    needs: Vec<String>,
    /// The faults of the reference server that make the scenario fail.
    catches: Vec<String>,
    /// The transports over which the scenario can run. Empty if it can run over any transport.
    transports: Vec<String>,
    /// True if no other scenario may run on the target at the same time.
    exclusive: bool,
    /// The path of the scenario file.
    file: String,
    /// The line of the scenario in the file, counted from 1.
    line: usize,
}

/// Prints the selected scenarios.
///
/// # Errors
///
/// Returns an error if files have mistakes, nothing is selected, or the output can't be written.
pub(super) fn list(args: &ListArgs, output: Output) -> Result<Exit, CliError> {
    let selection = Selection::new(&args.selectors)?;
    let text = if args.json {
        to_safe_json(&List {
            schema: LIST_SCHEMA,
            scenarios: selection.scenarios.iter().map(Entry::from).collect(),
        })
    } else {
        table(&selection.scenarios, output.stdout)
    };
    output.write(&output.masked(text))?;
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
        let title = palette.paint(Role::Dim, escape::line(&scenario.title) + &marks(scenario));
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "{id}{padding}  {title}");
    }
    let _ = writeln!(text, "\n{}", humanize::count(scenarios.len(), "scenario"));
    text
}

/// Returns the level and the tier of a scenario, as far as they are not the usual ones.
fn marks(scenario: &Scenario) -> String {
    let level = match scenario.level {
        Level::Must => None,
        Level::May | Level::Should => Some(scenario.level.to_string()),
    };
    let tier = match scenario.tier {
        Tier::Core | Tier::Extended => None,
        Tier::Destructive | Tier::Info | Tier::Slow => Some(scenario.tier.to_string()),
    };
    let marks: Vec<_> = level.into_iter().chain(tier).collect();
    if marks.is_empty() {
        String::new()
    } else {
        format!(" [{}]", marks.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_checks;

    #[test]
    fn the_committed_schema_is_up_to_date() {
        schema_checks::assert_committed("list.json", &schemars::schema_for!(List));
    }
}
