//! Known deviations of a target: what may be red, and why.
//!
//! A run against a baseline is red for a deviation that is not listed, and for a listed one that is gone: a list
//! that nobody has to keep up to date says nothing after a year.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    path::Path,
};

use super::{Outcome, Record, Verdict};
use crate::scenario::{
    Diagnostic, Node, NodeKind, Problems, SourceFile, Span, did_you_mean, one_of,
};

/// Known deviations, by scenario id.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// In order of id.
    pub deviations: BTreeMap<String, Deviation>,
    /// The target's name.
    pub target: Option<String>,
}

/// One known deviation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deviation {
    /// What the scenario gives.
    pub verdict: Verdict,
    /// Whose it is.
    pub because: Option<Because>,
    /// Why, in one line.
    pub reason: String,
}

/// Whose deviation it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Because {
    /// The target's own: it should be repaired there.
    Defect,
    /// A legitimate difference: the scenario should be lenient.
    Difference,
    /// Ours: the scenario or the runner is wrong.
    Ours,
}

/// A run held against a baseline. Ids only; evidence is in the run's own reports.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Comparison {
    /// Failed, and not known to.
    pub fail: Vec<String>,
    /// Could not be judged, and not known to.
    pub error: Vec<String>,
    /// Warned, and not known to.
    pub warn: Vec<String>,
    /// Listed, but no longer as the list says.
    pub stale: Vec<String>,
    /// How many deviations are as the list says.
    pub known: usize,
}

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
    /// Every mistake of the file.
    pub fn read(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let source = SourceFile::read(path).map_err(|problem| vec![*problem])?;
        let root = Node::parse(&source)?;
        let mut problems = Problems::new(source);
        let baseline = Self::from_node(&root, &mut problems);
        problems.finish(baseline)
    }

    fn from_node(root: &Node, problems: &mut Problems) -> Self {
        let mut baseline = Self::default();
        for entry in root.entries().unwrap_or_default() {
            match entry.key.as_str() {
                "target" => baseline.target = entry.value.text().map(str::to_owned),
                "deviations" => {
                    let NodeKind::Sequence(items) = &entry.value.kind else {
                        let found = entry.value.describe();
                        let message = format!("`deviations` must be a list, found {found}");
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
                other => unknown_key(other, entry.key_span, &["target", "deviations"], problems),
            }
        }
        if root.get("deviations").is_none() {
            problems.error("missing-key", root.span, "a baseline needs `deviations`");
        }
        baseline
    }

    /// Holds a run against the list. Scenarios that did not run, or were skipped, say nothing; `aliases` maps former ids
    /// to present ones.
    pub fn compare(&self, record: &Record, aliases: &[(String, String)]) -> Comparison {
        let mut comparison = Comparison::default();
        let present = |id: &str| {
            let alias = aliases.iter().find(|(former, _)| former == id);
            alias.map_or_else(|| id.to_owned(), |(_, present)| present.clone())
        };
        let listed: BTreeMap<_, _> = self
            .deviations
            .iter()
            .map(|(id, deviation)| (present(id), deviation.verdict))
            .collect();
        // With `--repeat`, an id has several outcomes: a deviation that was seen once is not gone.
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut gone: BTreeSet<&str> = BTreeSet::new();
        for outcome in &record.outcomes {
            let id = outcome.id.as_str();
            match (outcome.verdict, listed.get(id)) {
                (Verdict::Skip, _) | (Verdict::Pass, None) => {}
                (verdict, Some(known)) if verdict == *known => {
                    seen.insert(id);
                }
                (Verdict::Pass, Some(_)) => {
                    gone.insert(id);
                }
                (Verdict::Warn, _) => comparison.warn.push(id.to_owned()),
                (Verdict::Fail, _) => comparison.fail.push(id.to_owned()),
                (Verdict::Error, _) => comparison.error.push(id.to_owned()),
            }
        }
        comparison.known = seen.len();
        comparison.stale = gone.difference(&seen).map(|id| (*id).to_owned()).collect();
        comparison
    }

    /// The list for this run: what deviates in it, with the reasons that are known; entries of scenarios that did not
    /// run stay.
    #[must_use]
    pub fn updated(&self, record: &Record) -> Self {
        let mut deviations = self.deviations.clone();
        for outcome in &record.outcomes {
            match outcome.verdict {
                Verdict::Skip => {}
                Verdict::Pass => {
                    deviations.remove(&outcome.id);
                }
                verdict @ (Verdict::Warn | Verdict::Fail | Verdict::Error) => {
                    let entry = deviations
                        .entry(outcome.id.clone())
                        .or_insert_with(|| unexplained(outcome));
                    entry.verdict = verdict;
                }
            }
        }
        Self {
            deviations,
            target: Some(record.info.target.clone()),
        }
    }

    /// The file's text.
    pub fn to_yaml(&self) -> String {
        let mut text = String::from(
            "# Known deviations: because is `defect` (the target's), `difference` (legitimate) or `ours`.\n",
        );
        // Writing to a `String` can't fail.
        if let Some(target) = &self.target {
            let _ = writeln!(text, "target: {}", quoted(target));
        }
        if self.deviations.is_empty() {
            text += "deviations: []\n";
            return text;
        }
        text += "deviations:\n";
        for (id, deviation) in &self.deviations {
            let _ = writeln!(text, "- id: {}", quoted(id));
            let _ = writeln!(text, "  verdict: {}", verdict_name(deviation.verdict));
            if let Some(because) = deviation.because {
                let _ = writeln!(text, "  because: {}", because.name());
            }
            let _ = writeln!(text, "  reason: {}", quoted(&deviation.reason));
        }
        text
    }
}

/// What people read below a run's summary.
impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("not in the baseline", &self.fail),
            ("not in the baseline", &self.error),
            ("not in the baseline", &self.warn),
            ("stale: listed in the baseline, but passes", &self.stale),
        ];
        for (what, ids) in lists {
            for id in ids {
                writeln!(formatter, "{id}: {what}")?;
            }
        }
        writeln!(
            formatter,
            "baseline: {} known, {} new, {} stale",
            self.known,
            self.fail.len() + self.error.len() + self.warn.len(),
            self.stale.len()
        )
    }
}

fn read_deviation(item: &Node, problems: &mut Problems) -> Option<(String, Deviation)> {
    const KEYS: [&str; 4] = ["id", "verdict", "because", "reason"];
    let Some(entries) = item.entries() else {
        let message = format!("a deviation must be a mapping, found {}", item.describe());
        problems.error("wrong-type", item.span, message);
        return None;
    };
    for entry in entries {
        if !KEYS.contains(&entry.key.as_str()) {
            unknown_key(&entry.key, entry.key_span, &KEYS, problems);
        }
    }
    let text = |key: &str| item.get(key).and_then(Node::text);
    let mut word = |key: &str, known: &[&str]| {
        let node = item.get(key)?;
        let found = node
            .text()
            .and_then(|text| known.iter().position(|name| *name == text));
        if found.is_none() {
            let choices = one_of(known.iter().copied());
            let message = format!("`{key}` is {choices}, found {}", node.describe());
            problems.error("wrong-value", node.span, message);
        }
        found
    };
    let verdicts = [Verdict::Fail, Verdict::Warn, Verdict::Error];
    let verdict = word("verdict", &verdicts.map(verdict_name));
    let because = word("because", &Because::ALL.map(Because::name));
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
        because: because.and_then(|index| Because::ALL.get(index).copied()),
        reason: reason.to_owned(),
    };
    Some((id.to_owned(), deviation))
}

fn unknown_key(key: &str, span: Span, known: &[&str], problems: &mut Problems) {
    let problem = problems.error("unknown-key", span, format!("unknown key `{key}`"));
    problem.help = did_you_mean(key, known.iter().copied());
}

fn unexplained(outcome: &Outcome) -> Deviation {
    Deviation {
        verdict: outcome.verdict,
        because: None,
        reason: outcome.reason.clone().unwrap_or_default(),
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
        Verdict::Skip => "skip",
        Verdict::Error => "error",
    }
}

/// JSON's strings are YAML's, whatever they hold.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn written(text: &str) -> Result<Baseline, Vec<Diagnostic>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.yaml");
        std::fs::write(&path, text).unwrap();
        Baseline::read(&path)
    }

    #[test]
    fn an_updated_baseline_is_read_back_and_covers_its_run() {
        let record = samples::record();
        let updated = Baseline::default().updated(&record);
        insta::assert_snapshot!(updated.to_yaml(), @r#"
        # Known deviations: because is `defect` (the target's), `difference` (legitimate) or `ours`.
        target: "reference"
        deviations:
        - id: "acks/late"
          verdict: error
          reason: "can't reach 127.0.0.1:3000: connection refused"
        - id: "rooms/to-excludes-sender"
          verdict: fail
          reason: "sender received room-message, which only member may receive"
        "#);
        let read = written(&updated.to_yaml()).unwrap();
        assert_eq!(read.deviations, updated.deviations);
        let comparison = read.compare(&record, &[]);
        assert_eq!(
            comparison,
            Comparison {
                known: 2,
                ..Comparison::default()
            }
        );
    }

    #[test]
    fn new_and_stale_deviations_are_told() {
        let baseline = written(
            "deviations:\n- { id: acks/former, verdict: fail, because: defect, reason: answers twice }\n",
        )
        .unwrap();
        let aliases = [("acks/former".to_owned(), "acks/value".to_owned())];
        let comparison = baseline.compare(&samples::record(), &aliases);
        insta::assert_snapshot!(comparison, @r"
        rooms/to-excludes-sender: not in the baseline
        acks/late: not in the baseline
        acks/value: stale: listed in the baseline, but passes
        baseline: 0 known, 2 new, 1 stale
        ");
    }

    #[test]
    fn reasons_survive_an_update() {
        let former = written(
            "deviations:\n- { id: acks/late, verdict: fail, because: ours, reason: known }\n- { id: acks/value, verdict: warn, reason: gone }\n",
        )
        .unwrap();
        let updated = former.updated(&samples::record());
        assert_eq!(updated.deviations["acks/late"].reason, "known");
        assert_eq!(updated.deviations["acks/late"].verdict, Verdict::Error);
        assert!(!updated.deviations.contains_key("acks/value"));
    }

    #[test]
    fn every_mistake_is_told() {
        let problems =
            written("deviations:\n- { id: a/b, verdit: fail, because: theirs, reason: x }\n")
                .unwrap_err();
        let shown: Vec<_> = problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        insta::assert_debug_snapshot!(shown, @r#"
        [
            "a deviation needs `verdict`",
            "unknown key `verdit`",
            "`because` is `defect`, `difference` or `ours`, found the text `theirs`",
        ]
        "#);
    }
}
