//! Loads a scenario file: the keys that apply to all its scenarios, and the scenarios.

use std::{collections::HashMap, sync::Arc};

use super::{
    known::Known,
    scenario::{Defaults, ScenarioReader},
};
use crate::scenario::{
    Diagnostic, Scenario, Severity, SourceFile,
    diagnostic::Problems,
    fields::Fields,
    keys,
    node::{Node, NodeKind},
    reading::words::{list, names, transports},
};

/// Loads a scenario file.
///
/// # Errors
///
/// Returns all mistakes of the file.
pub fn load(source: Arc<SourceFile>, known: Known<'_>) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let root = Node::parse(&source)?;
    let mut problems = Problems::new(source);
    let scenarios = file(&root, known, &mut problems).unwrap_or_default();
    problems.finish(scenarios)
}

/// Returns a mistake for each id or alias (former id) that several scenarios have, in one file or in different files.
pub fn duplicate_ids(scenarios: &[Scenario]) -> Vec<Diagnostic> {
    let mut owners: HashMap<&str, &Scenario> = HashMap::new();
    let mut found = Vec::new();
    for scenario in scenarios {
        let names = std::iter::once(&scenario.id).chain(&scenario.aliases);
        for name in names {
            let Some(first) = owners.insert(name, scenario) else {
                continue;
            };
            // All scenarios of one `each:` table have the aliases of their common entry, which is no mistake.
            if Arc::ptr_eq(&first.source, &scenario.source) && first.span == scenario.span {
                continue;
            }
            let place = format!("{}:{}", first.source.path.display(), first.span.line);
            found.push(Diagnostic {
                code: "duplicate-id",
                severity: Severity::Error,
                message: format!("another scenario has the id `{name}`"),
                source: Arc::clone(&scenario.source),
                span: Some(scenario.span.first_line(&scenario.source.text)),
                related: None,
                help: Some(format!(
                    "the other scenario is at {place}; an id is unique among all files"
                )),
            });
        }
    }
    found
}

fn file(root: &Node, known: Known<'_>, problems: &mut Problems) -> Option<Vec<Scenario>> {
    if let NodeKind::Sequence(_) = root.kind {
        problems
            .error_at_line(
                "wrong-type",
                root.span,
                "a scenario file has to be a mapping, found a list",
            )
            .help = Some("write the scenarios under the key `scenarios:`".to_owned());
        return None;
    }
    let fields = Fields::new(root, "a scenario file", problems)?.with_tables(&[keys::FILE]);
    fields.raw("topic").map(|topic| topic.text(problems));
    let defaults = Defaults {
        needs: fields
            .get("needs")
            .map(|needs| names(&needs, problems))
            .unwrap_or_default(),
        level: fields.get("level").and_then(|level| level.word(problems)),
        tier: fields.get("tier").and_then(|tier| tier.word(problems)),
        transports: transports(&fields, problems),
        exclusive: fields
            .get("exclusive")
            .and_then(|exclusive| exclusive.boolean(problems)),
        background: fields
            .raw("background")
            .and_then(|steps| list(&steps, problems))
            .unwrap_or_default(),
    };
    let entries = fields
        .require("scenarios", problems)
        .and_then(|scenarios| list(&scenarios, problems))
        .unwrap_or_default();
    fields.finish(problems);
    let mut reader = ScenarioReader::new(known, &defaults, problems);
    Some(
        entries
            .iter()
            .flat_map(|entry| reader.entry(entry))
            .collect(),
    )
}
