//! Reads and writes baseline files.

use std::{collections::BTreeSet, fmt::Write as _, path::Path, sync::Arc};

use super::{Baseline, Because, Deviation};
use crate::{
    runner::{FailureKind, Verdict},
    scenario::{Diagnostic, Node, NodeKind, Problems, SourceFile, Span},
    targets::Stack,
    text::{hint, json_string},
};

impl Because {
    const ALL: [Self; 3] = [Self::Defect, Self::Difference, Self::Ours];

    fn name(self) -> &'static str {
        match self {
            Self::Defect => "defect",
            Self::Difference => "difference",
            Self::Ours => "ours",
        }
    }
}

impl Baseline {
    /// Reads a baseline file.
    ///
    /// # Errors
    ///
    /// Returns every mistake in the file.
    pub fn read(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let source = SourceFile::read(path).map_err(|problem| vec![*problem])?;
        Self::from_source(source)
    }

    /// Reads the text of a baseline file.
    ///
    /// # Errors
    ///
    /// Returns every mistake in the text.
    pub fn from_source(source: Arc<SourceFile>) -> Result<Self, Vec<Diagnostic>> {
        let root = Node::parse(&source)?;
        let mut problems = Problems::new(source);
        let baseline = Self::from_node(&root, &mut problems);
        problems.finish(baseline)
    }

    /// Returns what a stack does by itself: the entries with `stack: true` in the baselines of the fixture servers on it.
    ///
    /// # Errors
    ///
    /// Returns every mistake in a shipped baseline; a test makes sure that there is none.
    pub fn of_stack(stack: Stack) -> Result<Self, Vec<Diagnostic>> {
        let mut all = Self::default();
        for text in stack.baselines {
            let source = SourceFile {
                path: format!("{}.baseline.yaml", stack.name).into(),
                text: (*text).to_owned(),
            };
            let baseline = Self::from_source(Arc::new(source))?;
            let entries = baseline.deviations.into_iter();
            all.deviations
                .extend(entries.filter(|(_, entry)| entry.is_of_stack));
        }
        Ok(all)
    }

    fn from_node(root: &Node, problems: &mut Problems) -> Self {
        let mut baseline = Self::default();
        for entry in root.entries().unwrap_or_default() {
            match entry.key.as_str() {
                "target" => baseline.target = entry.value.text().map(str::to_owned),
                "deviations" => {
                    let NodeKind::Sequence(items) = &entry.value.kind else {
                        let found = entry.value.describe();
                        let message = format!("`deviations` has to be a list, found {found}");
                        problems.error("wrong-type", entry.value.span, message);
                        continue;
                    };
                    for item in items {
                        let Some((id, deviation)) = read_deviation(item, problems) else {
                            continue;
                        };
                        if baseline.deviations.contains_key(&id) {
                            let message = format!("`{id}` is listed twice");
                            problems.error("duplicate-id", item.span, message);
                        }
                        baseline.deviations.insert(id, deviation);
                    }
                }
                "stack" => baseline.stack = entry.value.text().map(str::to_owned),
                other => unknown_key(
                    other,
                    entry.key_span,
                    &["target", "stack", "deviations"],
                    problems,
                ),
            }
        }
        if root.get("deviations").is_none() {
            problems.error("missing-key", root.span, "a baseline needs `deviations`");
        }
        baseline
    }

    /// Returns the baseline as the text of a file.
    pub fn to_yaml(&self) -> String {
        let mut text = String::from(
            "# Known deviations. `because` is `defect` (of the target), `difference` (legitimate) or `ours` (of the scenario).\n",
        );
        // Writing to a `String` can't fail.
        if let Some(target) = &self.target {
            let _ = writeln!(text, "target: {}", json_string(target));
        }
        if let Some(stack) = &self.stack {
            let _ = writeln!(text, "stack: {stack}");
        }
        if self.deviations.is_empty() {
            text += "deviations: []\n";
            return text;
        }
        text += "deviations:\n";
        for (id, deviation) in &self.deviations {
            let _ = writeln!(text, "- id: {}", json_string(id));
            let _ = writeln!(text, "  verdict: {}", deviation.verdict);
            let kinds: Vec<_> = deviation.kinds.iter().map(|kind| kind.name()).collect();
            match kinds.as_slice() {
                [] => {}
                [kind] => {
                    let _ = writeln!(text, "  kind: {kind}");
                }
                kinds => {
                    let _ = writeln!(text, "  kind: [{}]", kinds.join(", "));
                }
            }
            if deviation.flaky {
                text += "  flaky: true\n";
            }
            if let Some(because) = deviation.because {
                let _ = writeln!(text, "  because: {}", because.name());
            }
            if deviation.is_of_stack {
                text += "  stack: true\n";
            }
            let _ = writeln!(text, "  reason: {}", json_string(&deviation.reason));
        }
        text
    }
}

fn read_deviation(item: &Node, problems: &mut Problems) -> Option<(String, Deviation)> {
    const KEYS: [&str; 7] = [
        "id", "verdict", "kind", "flaky", "because", "stack", "reason",
    ];
    let Some(entries) = item.entries() else {
        let message = format!("a deviation has to be a mapping, found {}", item.describe());
        problems.error("wrong-type", item.span, message);
        return None;
    };
    for entry in entries {
        if !KEYS.contains(&entry.key.as_str()) {
            unknown_key(&entry.key, entry.key_span, &KEYS, problems);
        }
    }
    let text = |key: &str| item.get(key).and_then(Node::text);
    let mut truth = |key: &str| {
        let Some(node) = item.get(key) else {
            return false;
        };
        node.to_data().as_bool().unwrap_or_else(|| {
            let message = format!("`{key}` is `true` or `false`, found {}", node.describe());
            problems.error("wrong-type", node.span, message);
            false
        })
    };
    let (flaky, is_of_stack) = (truth("flaky"), truth("stack"));
    let mut word = |key: &str, known: &[&str]| position(item.get(key)?, key, known, problems);
    let verdicts = [Verdict::Fail, Verdict::Warn, Verdict::Error];
    let verdict = word("verdict", &verdicts.map(Verdict::name));
    let because = word("because", &Because::ALL.map(Because::name));
    let kinds = item.get("kind").map(|node| read_kinds(node, problems));
    let (Some(id), Some(reason)) = (text("id"), text("reason")) else {
        problems.error(
            "missing-key",
            item.span,
            "a deviation needs `id`, `verdict` and `reason`",
        );
        return None;
    };
    if item.get("verdict").is_none() {
        problems.error("missing-key", item.span, "a deviation needs `verdict`");
    }
    let deviation = Deviation {
        verdict: *verdicts.get(verdict?)?,
        kinds: kinds.unwrap_or_default(),
        flaky,
        because: because.and_then(|index| Because::ALL.get(index).copied()),
        is_of_stack,
        reason: reason.to_owned(),
    };
    Some((id.to_owned(), deviation))
}

/// Reads the kinds that an entry covers: one name, or a list of names.
fn read_kinds(node: &Node, problems: &mut Problems) -> BTreeSet<FailureKind> {
    let names: Vec<_> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
    let items = match &node.kind {
        NodeKind::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        let message = "`kind` is an empty list; leave it out if the entry covers every kind";
        problems.error("wrong-value", node.span, message);
    }
    let kinds = items
        .iter()
        .filter_map(|item| position(item, "kind", &names, problems));
    kinds
        .filter_map(|index| FailureKind::ALL.get(index).copied())
        .collect()
}

/// Returns the position of the word in a node among the known words; reports an unknown word.
fn position(node: &Node, key: &str, known: &[&str], problems: &mut Problems) -> Option<usize> {
    let text = node.text().unwrap_or_default();
    let found = known.iter().position(|name| *name == text);
    if found.is_none() {
        let message = format!("`{key}` can't be {}", node.describe());
        problems.error("wrong-value", node.span, message).help =
            Some(hint(text, "write", known.iter().copied()));
    }
    found
}

fn unknown_key(key: &str, span: Span, known: &[&str], problems: &mut Problems) {
    let problem = problems.error("unknown-key", span, format!("unknown key `{key}`"));
    problem.help = Some(hint(key, "write", known.iter().copied()));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::runner::baseline) fn written(text: &str) -> Result<Baseline, Vec<Diagnostic>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.yaml");
        std::fs::write(&path, text).unwrap();
        Baseline::read(&path)
    }

    #[test]
    fn all_mistakes_of_a_file_are_reported() {
        let problems = written(
            "deviations:\n- { id: a/b, verdit: fail, flaky: seldom, because: theirs, reason: x }\n",
        )
        .unwrap_err();
        let shown: Vec<_> = problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        insta::assert_debug_snapshot!(shown, @r#"
        [
            "a deviation needs `verdict`",
            "unknown key `verdit`",
            "`flaky` is `true` or `false`, found the text `seldom`",
            "`because` can't be the text `theirs`",
        ]
        "#);
    }
}
