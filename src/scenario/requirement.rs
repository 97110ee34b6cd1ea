//! The catalogue of requirements that scenarios verify.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Diagnostic, Level, SourceFile,
    diagnostic::Problems,
    fields::{Field, Fields},
    node::{Node, NodeKind},
};

/// A requirement: one entry of the files in `specs/requirements/`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// The id: `rooms.to-excludes-sender`.
    pub id: String,
    /// The level, which says whether a broken requirement fails a run or gives a warning.
    pub level: Level,
    /// What a correct server does, in one sentence.
    pub title: String,
    /// The document and the section that state the requirement.
    pub clause: Option<String>,
    /// The address of the document.
    pub source: Option<String>,
    /// The requirement answers the questions with these numbers, out of the 45 questions about gateways with which the
    /// project began (`brief:`).
    pub brief: Vec<u32>,
    /// Why no scenario verifies the requirement. If there is a reason, the loader reports each scenario that does
    /// verify the requirement.
    pub untested: Option<Untested>,
    /// A remark on the level, such as why the level is not `must`, or why the scenarios have a weaker level (`note:`).
    pub note: Option<String>,
}

/// Why no scenario verifies a requirement (`untested:`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Untested {
    /// A scenario is planned: the text starts with `planned:`. Holds the rest of the text, which says what is missing.
    Planned(String),
    /// No scenario is planned. Holds the reason, such as that a client can't observe the rule.
    Never(String),
}

impl Untested {
    /// The start of the text if a scenario is planned.
    const PLANNED: &str = "planned:";

    /// Returns the reason.
    pub fn reason(&self) -> &str {
        match self {
            Self::Planned(reason) | Self::Never(reason) => reason,
        }
    }
}

impl From<String> for Untested {
    fn from(text: String) -> Self {
        match text.strip_prefix(Self::PLANNED) {
            Some(rest) => Self::Planned(rest.trim_start().to_owned()),
            None => Self::Never(text),
        }
    }
}

/// All requirements, sorted by id.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// The requirements, sorted by id.
    pub entries: BTreeMap<String, Requirement>,
}

impl Requirements {
    /// Loads the catalogue from files. Each file is a list of requirements.
    ///
    /// # Errors
    ///
    /// Returns all mistakes of all files.
    pub fn load(files: impl IntoIterator<Item = Arc<SourceFile>>) -> Result<Self, Vec<Diagnostic>> {
        let mut requirements = Self::default();
        let mut found = Vec::new();
        for file in files {
            if let Err(diagnostics) = requirements.add(file) {
                found.extend(diagnostics);
            }
        }
        if found.is_empty() {
            Ok(requirements)
        } else {
            Err(found)
        }
    }

    fn add(&mut self, file: Arc<SourceFile>) -> Result<(), Vec<Diagnostic>> {
        let root = Node::parse(&file)?;
        let mut problems = Problems::new(file);
        let NodeKind::Sequence(items) = &root.kind else {
            problems.error(
                "wrong-type",
                root.span,
                format!(
                    "a file of requirements has to be a list, found {}",
                    root.describe()
                ),
            );
            return problems.finish(());
        };
        for item in items {
            let Some(requirement) = requirement(item, &mut problems) else {
                continue;
            };
            let id = requirement.id.clone();
            if self.entries.insert(id.clone(), requirement).is_some() {
                problems.error_at_line(
                    "duplicate-id",
                    item.span,
                    format!("the requirement `{id}` is defined twice"),
                );
            }
        }
        problems.finish(())
    }
}

fn requirement(node: &Node, problems: &mut Problems) -> Option<Requirement> {
    let fields = Fields::new(node, "a requirement", problems)?;
    let id = fields
        .require("id", problems)
        .and_then(|id| Some((id.text(problems)?, id)));
    if let Some((text, field)) = id
        && !is_id(text)
    {
        problems
            .error(
                "bad-id",
                field.node.span,
                format!("`{text}` can't be an id"),
            )
            .help = Some(
            "an id is lower-case words joined by `-` and `.`: `rooms.to-excludes-sender`"
                .to_owned(),
        );
    }
    let level = fields
        .require("level", problems)
        .and_then(|level| level.word(problems));
    let title = fields
        .require("title", problems)
        .and_then(|title| title.text(problems));
    let text = |key: &'static str, problems: &mut Problems| {
        let text = fields.raw(key)?.text(problems)?;
        Some(text.to_owned())
    };
    let clause = text("clause", problems);
    let source = text("source", problems);
    let untested = text("untested", problems).map(Untested::from);
    let note = text("note", problems);
    let brief = fields
        .raw("brief")
        .map(|brief| numbers(&brief, problems))
        .unwrap_or_default();
    fields.finish(problems);
    Some(Requirement {
        id: id?.0.to_owned(),
        level: level?,
        title: title?.to_owned(),
        clause,
        source,
        brief,
        untested,
        note,
    })
}

fn numbers(field: &Field<'_>, problems: &mut Problems) -> Vec<u32> {
    field
        .items()
        .filter_map(|item| item.number(1, 100_000, problems))
        .filter_map(|number| u32::try_from(number).ok())
        .collect()
}

fn is_id(id: &str) -> bool {
    id.split('.').all(|part| {
        part.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Colours;

    fn mistakes(text: &str) -> String {
        let source = SourceFile::from_bytes("r.yaml".as_ref(), text.into()).unwrap();
        let diagnostics = Requirements::load([source]).unwrap_err();
        let texts: Vec<String> = diagnostics.iter().map(Diagnostic::render_short).collect();
        texts.join("\n")
    }

    #[test]
    fn mistakes_in_entries_are_reported() {
        insta::assert_snapshot!(mistakes("id: a\n"), @r"r.yaml:1:1: error[wrong-type]: a file of requirements has to be a list, found a mapping");
        insta::assert_snapshot!(mistakes("- { id: A, level: must, title: T }\n- { id: a, levl: may, brief: [x] }\n"), @r"
        r.yaml:1:9: error[bad-id]: `A` can't be an id
        r.yaml:2:5: error[missing-key]: a requirement needs `level`
        r.yaml:2:5: error[missing-key]: a requirement needs `title`
        r.yaml:2:12: error[unknown-key]: a requirement has no key `levl`
        r.yaml:2:31: error[wrong-type]: `brief` has to be a whole number from 1 to 100000, found the text `x`
        ");
        insta::assert_snapshot!(mistakes("- { id: a, level: must, title: T }\n- { id: a, level: must, title: T }\n"), @r"r.yaml:2:3: error[duplicate-id]: the requirement `a` is defined twice");
    }

    #[test]
    fn shipped_catalogue_loads() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/requirements");
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| SourceFile::read(&entry.unwrap().path()).unwrap());
        let loaded = Requirements::load(files);
        let requirements = loaded.unwrap_or_else(|diagnostics| {
            let texts: Vec<String> = diagnostics
                .iter()
                .map(|diagnostic| diagnostic.render_full(Colours::Off))
                .collect();
            panic!("{}", texts.join("\n\n"))
        });
        assert!(!requirements.entries.is_empty());
    }
}
