//! What changed between two runs: for people, as Markdown, and as JSON.

use std::{fmt::Write as _, time::Duration};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Palette, Role, markdown_cell, to_safe_json};
use crate::{
    records::{Change, Changes, Moment},
    runner::{FailureKind, Verdict},
    text::{escape, humanize},
};

/// The version of the JSON document, described by `schemas/changes.json`.
pub const CHANGES_SCHEMA_NAME: &str = "sockspec-changes/1";

/// What changed between two runs.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ChangesReport<'c> {
    /// The version of this document: `sockspec-changes/1`.
    pub schema: &'static str,
    /// Scenarios whose verdict is worse than before.
    pub broken: Vec<ChangeReport<'c>>,
    /// Scenarios whose verdict is better than before.
    pub fixed: Vec<ChangeReport<'c>>,
    /// Scenarios that were judged before, and are skipped now.
    pub unjudged: Vec<ChangeReport<'c>>,
    /// Scenarios that were skipped before, and are judged now, without a failure.
    pub judged: Vec<ChangeReport<'c>>,
    /// Scenarios that fail in another way than before.
    pub otherwise: Vec<ChangeReport<'c>>,
    /// Scenarios of the new run that the old one does not have.
    pub new: Vec<ChangeReport<'c>>,
    /// Scenarios of the old run that the new one does not have.
    pub gone: Vec<ChangeReport<'c>>,
    /// Scenarios that passed in both runs, and whose duration changed by much.
    pub timing: Vec<ChangeReport<'c>>,
    /// The number of scenarios without a change.
    pub same: usize,
}

/// One scenario in two runs.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ChangeReport<'c> {
    /// The id of the scenario.
    pub id: &'c str,
    /// The scenario in the old run; null if the old run does not have it.
    pub old: Option<MomentReport<'c>>,
    /// The scenario in the new run; null if the new run does not have it.
    pub new: Option<MomentReport<'c>>,
}

/// One scenario in one run.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct MomentReport<'c> {
    /// The verdict.
    pub verdict: Verdict,
    /// The kind of failure; null if it neither failed nor warned.
    pub kind: Option<FailureKind>,
    /// The reason for the verdict, in one sentence.
    pub reason: Option<&'c str>,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

impl<'c> From<&'c Changes> for ChangesReport<'c> {
    fn from(changes: &'c Changes) -> Self {
        let list = |changes: &'c [Change]| changes.iter().map(ChangeReport::from).collect();
        Self {
            schema: CHANGES_SCHEMA_NAME,
            broken: list(&changes.broken),
            fixed: list(&changes.fixed),
            unjudged: list(&changes.unjudged),
            judged: list(&changes.judged),
            otherwise: list(&changes.otherwise),
            new: list(&changes.new),
            gone: list(&changes.gone),
            timing: list(&changes.timing),
            same: changes.same,
        }
    }
}

impl<'c> From<&'c Change> for ChangeReport<'c> {
    fn from(change: &'c Change) -> Self {
        Self {
            id: &change.id,
            old: change.old.as_ref().map(MomentReport::from),
            new: change.new.as_ref().map(MomentReport::from),
        }
    }
}

impl<'c> From<&'c Moment> for MomentReport<'c> {
    fn from(moment: &'c Moment) -> Self {
        Self {
            verdict: moment.verdict,
            kind: moment.kind,
            reason: moment.reason.as_deref(),
            duration_ms: milliseconds(moment.duration),
        }
    }
}

/// Returns the changes as JSON.
pub fn changes_json(changes: &Changes) -> String {
    to_safe_json(&ChangesReport::from(changes))
}

/// Returns the changes for people, the most important first.
pub fn changes_text(changes: &Changes, palette: Palette) -> String {
    let mut text = String::new();
    // Writing to a `String` can't fail.
    for (title, list) in lists(changes) {
        let title = format!("{title} ({})", list.len());
        let _ = writeln!(text, "{}", palette.paint(Role::Strong, title));
        for change in list {
            let signs = [&change.old, &change.new].map(|moment| match moment {
                Some(moment) => palette.sign(moment.verdict).to_string(),
                None => "–".to_owned(),
            });
            let id = escape::line(&change.id);
            let _ = writeln!(text, "  {id}  {}{}", signs.join(" → "), times(change));
            for line in reasons(change) {
                let _ = writeln!(text, "    {}", escape::line(&line));
            }
        }
        text.push('\n');
    }
    text + &summary(changes) + "\n"
}

/// Returns the changes as Markdown, for the summary of a CI job or a comment.
pub fn changes_markdown(changes: &Changes) -> String {
    let mut text = format!("{}\n", summary(changes));
    for (title, list) in lists(changes) {
        let _ = writeln!(text, "\n### {title} ({})\n", list.len());
        let _ = writeln!(
            text,
            "| scenario | before | now | reason |\n|---|---|---|---|"
        );
        for change in list {
            let sign = |moment: &Option<Moment>| match moment {
                Some(moment) => moment.verdict.sign(),
                None => "–",
            };
            let reasons = reasons(change).join("; ");
            let reasons = format!("{}{}", reasons, times(change));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                markdown_cell(&change.id),
                sign(&change.old),
                sign(&change.new),
                markdown_cell(reasons.trim())
            );
        }
    }
    text
}

/// Returns the lists that hold something, each with its title, the most important first.
fn lists(changes: &Changes) -> impl Iterator<Item = (&'static str, &[Change])> {
    let Changes {
        broken,
        fixed,
        unjudged,
        judged,
        otherwise,
        new,
        gone,
        timing,
        same: _,
    } = changes;
    let all: [(&str, &[Change]); 8] = [
        ("Broken", broken),
        ("Not judged any more", unjudged),
        ("Fail in another way", otherwise),
        ("Gone", gone),
        ("New", new),
        ("Fixed", fixed),
        ("Judged now", judged),
        ("Other duration", timing),
    ];
    all.into_iter().filter(|(_, list)| !list.is_empty())
}

/// Returns why a scenario got its verdicts: the reason of the new run, else that of the old one, each once.
fn reasons(change: &Change) -> Vec<String> {
    let reason = |moment: &Option<Moment>| moment.as_ref().and_then(|one| one.reason.clone());
    let mut reasons = Vec::new();
    match (reason(&change.old), reason(&change.new)) {
        (Some(old), Some(new)) if old == new => reasons.push(new),
        (old, new) => {
            reasons.extend(old.map(|old| format!("before: {old}")));
            reasons.extend(new);
        }
    }
    reasons
}

/// Returns both durations if the scenario passed in both runs: only then did its duration bring it into a list.
fn times(change: &Change) -> String {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) if [old, new].iter().all(|one| one.verdict == Verdict::Pass) => {
            let [old, new] = [old, new].map(|one| humanize::duration(one.duration));
            format!("  {old} → {new}")
        }
        _ => String::new(),
    }
}

/// Returns the number of changes of each sort in one line.
fn summary(changes: &Changes) -> String {
    if lists(changes).next().is_none() {
        let same = humanize::count(changes.same, "scenario");
        return format!("no change in {same}");
    }
    let counts =
        lists(changes).map(|(title, list)| format!("{} {}", list.len(), title.to_lowercase()));
    let counts: Vec<_> = counts.collect();
    format!("{}; {} the same", counts.join(", "), changes.same)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_checks;

    fn moment(verdict: Verdict, reason: Option<&str>) -> Option<Moment> {
        Some(Moment {
            verdict,
            kind: (verdict == Verdict::Fail).then_some(FailureKind::NotDelivered),
            reason: reason.map(str::to_owned),
            duration: Duration::from_millis(20),
        })
    }

    fn change(id: &str, old: Option<Moment>, new: Option<Moment>) -> Change {
        Change {
            id: id.to_owned(),
            old,
            new,
        }
    }

    fn samples() -> Changes {
        let slow = moment(Verdict::Pass, None).map(|one| Moment {
            duration: Duration::from_secs(2),
            ..one
        });
        Changes {
            broken: vec![change(
                "rooms/join",
                moment(Verdict::Pass, None),
                moment(Verdict::Fail, Some("ben did not receive message|<b>.")),
            )],
            fixed: vec![change(
                "acks/value",
                moment(Verdict::Fail, Some("No ack came.")),
                moment(Verdict::Pass, None),
            )],
            gone: vec![change("auth/old", moment(Verdict::Pass, None), None)],
            timing: vec![change("acks/slow", moment(Verdict::Pass, None), slow)],
            same: 7,
            ..Changes::default()
        }
    }

    #[test]
    fn people_read_the_worst_first() {
        insta::assert_snapshot!(changes_text(&samples(), Palette::Plain), @"
        Broken (1)
          rooms/join  ok → FAIL
            ben did not receive message|<b>.

        Gone (1)
          auth/old  ok → –

        Fixed (1)
          acks/value  FAIL → ok
            before: No ack came.

        Other duration (1)
          acks/slow  ok → ok  20 ms → 2.0 s

        1 broken, 1 gone, 1 fixed, 1 other duration; 7 the same
        ");
        let none = Changes {
            same: 3,
            ..Changes::default()
        };
        assert_eq!(
            changes_text(&none, Palette::Plain),
            "no change in 3 scenarios\n"
        );
    }

    #[test]
    fn markdown_holds_no_markup_of_a_target() {
        insta::assert_snapshot!(changes_markdown(&samples()), @r"
        1 broken, 1 gone, 1 fixed, 1 other duration; 7 the same

        ### Broken (1)

        | scenario | before | now | reason |
        |---|---|---|---|
        | rooms/join | ok | FAIL | ben did not receive message\|\<b\>. |

        ### Gone (1)

        | scenario | before | now | reason |
        |---|---|---|---|
        | auth/old | ok | – |  |

        ### Fixed (1)

        | scenario | before | now | reason |
        |---|---|---|---|
        | acks/value | FAIL | ok | before: No ack came. |

        ### Other duration (1)

        | scenario | before | now | reason |
        |---|---|---|---|
        | acks/slow | ok | ok | 20 ms → 2.0 s |
        ");
    }

    #[test]
    fn the_committed_schema_is_that_of_the_type() {
        let schema = schemars::schema_for!(ChangesReport<'static>);
        schema_checks::assert_committed("changes.json", &schema);
        let validator = jsonschema::validator_for(schema.as_value()).unwrap();
        let document = serde_json::from_str(&changes_json(&samples())).unwrap();
        assert!(validator.is_valid(&document));
    }
}
