//! A file: what its scenarios share, and the scenarios.

use std::{collections::HashMap, sync::Arc};

use super::scenario::{Defaults, ScenarioReader};
use crate::scenario::{
    Diagnostic, Level, Requirements, Scenario, Severity, SourceFile, Tier, Transport,
    diagnostic::Problems,
    fields::{Field, Fields},
    node::{Node, NodeKind},
};

/// What a file may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Requirement ids that exist; `None` for a person's own files, whose ids are their own.
    pub requirements: Option<&'a Requirements>,
    /// Fault ids that exist; `None` likewise.
    pub faults: Option<&'a [&'static str]>,
}

/// Loads one file.
///
/// # Errors
///
/// Every mistake of the file.
pub fn load(source: Arc<SourceFile>, known: Known<'_>) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let root = Node::parse(&source)?;
    let mut problems = Problems::new(source);
    let scenarios = file(&root, known, &mut problems).unwrap_or_default();
    problems.finish(scenarios)
}

/// Ids that stand in more than one place, across files.
pub fn duplicate_ids(scenarios: &[Scenario]) -> Vec<Diagnostic> {
    let mut owners: HashMap<&str, &Scenario> = HashMap::new();
    let mut found = Vec::new();
    for scenario in scenarios {
        let names = std::iter::once(&scenario.id).chain(&scenario.aliases);
        for name in names {
            let Some(first) = owners.insert(name, scenario) else {
                continue;
            };
            // The rows of one table share their aliases.
            if Arc::ptr_eq(&first.source, &scenario.source) && first.span == scenario.span {
                continue;
            }
            let place = format!("{}:{}", first.source.path.display(), first.span.line);
            found.push(Diagnostic {
                code: "duplicate-id",
                severity: Severity::Error,
                message: format!("the id `{name}` is taken by another scenario"),
                source: Arc::clone(&scenario.source),
                span: Some(scenario.span.first_line(&scenario.source.text)),
                related: None,
                help: Some(format!(
                    "the other one stands at {place}; ids are unique over all files"
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
                "a scenario file must be a mapping, found a list",
            )
            .help = Some("its scenarios stand under the key `scenarios:`".to_owned());
        return None;
    }
    let fields = Fields::new(root, "a scenario file", problems)?;
    fields.raw("topic").map(|topic| topic.text(problems));
    let defaults = Defaults {
        needs: fields
            .get("needs")
            .map(|needs| names(&needs, problems))
            .unwrap_or_default(),
        level: fields
            .get("level")
            .and_then(|level| level_of(&level, problems)),
        tier: fields.get("tier").and_then(|tier| tier_of(&tier, problems)),
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

/// The items of a list that has some.
pub(super) fn list<'n>(field: &Field<'n>, problems: &mut Problems) -> Option<&'n [Node]> {
    match &field.node.kind {
        NodeKind::Sequence(items) if !items.is_empty() => Some(items),
        NodeKind::Sequence(_) => {
            problems.error(
                "empty-list",
                field.node.span,
                format!("`{}` is empty", field.key),
            );
            None
        }
        NodeKind::Mapping(_) => {
            let sentence = format!("`{}` must be a list, found a mapping", field.key);
            problems
                .error_at_line("wrong-type", field.node.span, sentence)
                .help = Some("each of its items begins with `- `".to_owned());
            None
        }
        NodeKind::Scalar(_) => {
            field.wrong("a list", problems);
            None
        }
    }
}

/// Names of capabilities, requirements, faults and the like.
pub(super) fn names(field: &Field<'_>, problems: &mut Problems) -> Vec<String> {
    let texts = field.texts(problems);
    texts.into_iter().map(|(name, _)| name.to_owned()).collect()
}

pub(crate) fn level_of(field: &Field<'_>, problems: &mut Problems) -> Option<Level> {
    let levels = [
        ("must", Level::Must),
        ("should", Level::Should),
        ("may", Level::May),
    ];
    field.choice(&levels, problems)
}

pub(super) fn tier_of(field: &Field<'_>, problems: &mut Problems) -> Option<Tier> {
    let tiers = [
        ("core", Tier::Core),
        ("extended", Tier::Extended),
        ("info", Tier::Info),
        ("slow", Tier::Slow),
        ("destructive", Tier::Destructive),
    ];
    field.choice(&tiers, problems)
}

pub(super) fn transport_of(field: &Field<'_>, problems: &mut Problems) -> Option<Transport> {
    let transports = [
        ("polling", Transport::Polling),
        ("upgrade", Transport::Upgrade),
        ("websocket", Transport::WebSocket),
    ];
    field.choice(&transports, problems)
}

/// `transport:`, one or several; `transports:` is the same.
pub(super) fn transports(fields: &Fields<'_>, problems: &mut Problems) -> Option<Vec<Transport>> {
    fields.exclusive(&["transport", "transports"], problems);
    let singular = fields.get("transport");
    let field = fields.get("transports").or(singular)?;
    Some(
        field
            .items()
            .filter_map(|item| transport_of(&item, problems))
            .collect(),
    )
}
