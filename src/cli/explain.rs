//! `sockspec explain`: prints the rule that a scenario tests, the behaviour of a correct server, and the steps.

use std::fmt::Write as _;

use super::{
    Exit,
    args::{ExplainArgs, Selectors},
    error::CliError,
    paint::Output,
    selection::Selection,
};
use crate::{
    reference::FAULTS,
    report::{Palette, Role},
    scenario::{Level, Requirements, Scenario, Tier},
    text::escape,
};

/// Explains the scenarios with the given id. Prints one explanation for all rows of an `each:` table, because the rows
/// differ only in their values.
///
/// # Errors
///
/// Returns an error if there is no such scenario, or if the output can't be written.
pub(super) fn explain(args: &ExplainArgs, output: Output) -> Result<Exit, CliError> {
    let selection = Selection::new(&Selectors::from(args.id.as_str()))?;
    let mut page = Page {
        text: String::new(),
        palette: output.stdout,
    };
    let mut explained = Vec::new();
    for scenario in &selection.scenarios {
        let entry = (&scenario.source.path, scenario.span.start);
        if !explained.contains(&entry) {
            page.scenario(scenario, &selection);
            explained.push(entry);
        }
    }
    output.write(&output.masked(page.text))?;
    Ok(Exit::Conformant)
}

struct Page {
    text: String,
    palette: Palette,
}

impl Page {
    fn scenario(&mut self, scenario: &Scenario, selection: &Selection) {
        let rows: Vec<_> = selection
            .scenarios
            .iter()
            .filter(|row| row.source == scenario.source && row.span.start == scenario.span.start)
            .collect();
        let id = match rows.as_slice() {
            [only] => only.id.as_str(),
            _ => scenario.id.split('[').next().unwrap_or_default(),
        };
        self.line(
            &self
                .palette
                .paint(Role::Strong, escape::line(id))
                .to_string(),
        );
        for row in &rows {
            self.line(&format!("  {}", escape::line(&row.title)));
        }
        let place = format!("{}:{}", scenario.source.path.display(), scenario.span.line);
        self.line(&format!("  {}", escape::line(&place)));

        if let Some(why) = &scenario.why {
            self.title("Why it matters");
            self.line(&format!("  {}", escape::line(why)));
        }
        self.title("What a correct server does");
        self.requirements(&rows, &selection.requirements);
        self.title("How it is judged");
        self.judgement(scenario);
        let catches: Vec<_> = unique(rows.iter().flat_map(|row| &row.catches));
        if !catches.is_empty() {
            self.title("Faults it catches");
            for id in catches {
                self.fault(id);
            }
        }
        self.title("Steps");
        for line in entry_text(scenario).lines() {
            self.line(&format!("  {}", escape::line(line)));
        }
        self.line("");
    }

    fn requirements(&mut self, rows: &[&Scenario], requirements: &Requirements) {
        for id in unique(rows.iter().flat_map(|row| &row.verifies)) {
            let Some(requirement) = requirements.entries.get(id) else {
                self.line(&format!("  {}", escape::line(id)));
                continue;
            };
            let level = requirement.level;
            let title = escape::line(&requirement.title);
            let name = self.palette.paint(Role::Strong, escape::line(id));
            self.line(&format!("  {level:6}  {name}: {title}"));
            for detail in [&requirement.clause, &requirement.source, &requirement.note]
                .into_iter()
                .flatten()
            {
                let detail = self.palette.paint(Role::Dim, escape::line(detail));
                self.line(&format!("          {detail}"));
            }
        }
        if rows.iter().all(|row| row.verifies.is_empty()) {
            self.line("  The title states the rule.");
        }
    }

    fn judgement(&mut self, scenario: &Scenario) {
        let level = scenario.level;
        self.line(&match level {
            Level::Must => format!("  level   {level}: a server that breaks the rule fails"),
            Level::Should | Level::May => {
                format!("  level   {level}: a server that breaks the rule gets a warning")
            }
        });
        let tier = scenario.tier;
        self.line(&match tier {
            Tier::Core | Tier::Extended => format!("  tier    {tier}"),
            Tier::Destructive => format!(
                "  tier    {tier}: can crash an unpatched server, runs with `--include {tier}`"
            ),
            Tier::Info => format!("  tier    {tier}: failures are reported as warnings"),
            Tier::Slow => format!("  tier    {tier}: runs with `--include {tier}`"),
        });
        if !scenario.needs.is_empty() {
            let needs = escape::line(&scenario.needs.join(", "));
            self.line(&format!(
                "  needs   {needs}; a target without them skips it"
            ));
        }
        if !scenario.transports.is_empty() {
            let names: Vec<_> = scenario
                .transports
                .iter()
                .map(ToString::to_string)
                .collect();
            self.line(&format!("  over    {}", names.join(", ")));
        }
        if scenario.exclusive {
            self.line("  alone   no other scenario runs on the target at the same time");
        }
    }

    fn fault(&mut self, id: &str) {
        let name = self
            .palette
            .paint(Role::Strong, escape::line(id))
            .to_string();
        match FAULTS.iter().find(|fault| fault.id == id) {
            Some(fault) => {
                self.line(&format!("  {name}: {}", fault.breaks));
                if let Some(seen) = fault.seen {
                    self.line(&format!("    seen in {seen}"));
                }
            }
            None => self.line(&format!("  {name}")),
        }
    }

    fn title(&mut self, text: &str) {
        let title = self.palette.paint(Role::Strong, text).to_string();
        self.line("");
        self.line(&title);
    }

    fn line(&mut self, line: &str) {
        // Writing to a `String` can't fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }
}

/// Returns the text of a scenario: its first line and all following lines that are indented more.
fn entry_text(scenario: &Scenario) -> String {
    let mut lines = scenario
        .source
        .text
        .lines()
        .skip(scenario.span.line.saturating_sub(1));
    let Some(first) = lines.next() else {
        return String::new();
    };
    let indent = indentation(first);
    let entry: Vec<_> = std::iter::once(first)
        .chain(lines.take_while(|line| line.trim().is_empty() || indentation(line) > indent))
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect();
    entry.join("\n").trim_end().to_owned()
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn unique<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut unique = Vec::new();
    for id in ids {
        if !unique.contains(&id) {
            unique.push(id);
        }
    }
    unique
}
