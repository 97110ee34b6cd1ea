//! Renders the summary at the end of a run.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use super::{Detail, attempts::attempts};
use crate::{
    report::{Palette, Role},
    runner::{Declarable, KnownBy, Outcome, Summary, Verdict, Way, unlocks},
    text::{escape, first_names, humanize, join_names},
};

/// The limit on the reasons for skips, and on the declarations that let skipped scenarios run, that the summary lists.
const LISTED: usize = 6;

/// The limit on the causes that the summary lists if most failures have one operation in common.
const CAUSES: usize = 8;

/// The number of scenarios with one cause that the summary names.
const NAMED: usize = 6;

/// How warnings, failures and errors with the same cause are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SameCause {
    /// Print the evidence of the first one, and of the first one with a worse verdict. The summary lists the others.
    #[default]
    Once,
    /// Print the evidence of each.
    Each,
}

/// The parts of the outcomes that the summary shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    same_cause: SameCause,
    /// True if most failures have one operation in common, as a notice says.
    has_suspect: bool,
    /// Each warning, failure and error, in the order in which the scenarios ended.
    attention: Vec<Attention>,
    /// The flaky scenarios: the id, and the verdicts of the attempts.
    flaky: Vec<(String, String)>,
    /// The deviations that the baseline lists: the id, the verdict and the reason.
    known: BTreeMap<String, (Verdict, String)>,
    /// The ids of the scenarios whose deviation the list of the target's stack explains, by the name of the stack.
    known_of_stack: BTreeMap<String, Vec<(String, Verdict, String)>>,
    /// What each scenario lacks that was skipped because the manifest does not declare it.
    lacks: Vec<Vec<Declarable>>,
    /// The number of scenarios that were skipped for another reason, for each reason.
    skipped: BTreeMap<String, usize>,
    /// The number of scenarios that could not start, for each reason.
    not_begun: BTreeMap<String, usize>,
}

/// A warning, a failure or an error. The texts are escaped.
#[derive(Clone, Debug)]
struct Attention {
    verdict: Verdict,
    id: String,
    reason: String,
    /// The id and the sentence of the cause.
    cause: Option<(String, String)>,
}

impl Tally {
    pub(super) fn new(same_cause: SameCause) -> Self {
        Self {
            same_cause,
            ..Self::default()
        }
    }

    /// Notes that most failures have one operation in common.
    pub(super) fn suspect(&mut self) {
        self.has_suspect = true;
    }

    pub(super) fn add(&mut self, outcome: &Outcome) {
        let id = escape::line(&outcome.id);
        let reason = escape::line(outcome.reason.as_deref().unwrap_or_default());
        if outcome.flaky {
            self.flaky.push((id.clone(), attempts(outcome)));
        }
        if let Some(known) = &outcome.known {
            let reason = escape::line(&known.reason);
            match &known.by {
                KnownBy::Baseline => {
                    self.known.insert(id, (outcome.verdict, reason));
                }
                KnownBy::Stack(stack) => {
                    let stack = self.known_of_stack.entry(stack.clone()).or_default();
                    stack.push((id, outcome.verdict, reason));
                }
            }
            return;
        }
        match outcome.verdict {
            Verdict::Error if !outcome.has_begun() => {
                *self.not_begun.entry(reason).or_default() += 1;
            }
            Verdict::Warn | Verdict::Fail | Verdict::Error => {
                let cause = outcome.cause.as_ref();
                self.attention.push(Attention {
                    verdict: outcome.verdict,
                    id,
                    reason,
                    cause: cause.map(|cause| (cause.id.clone(), escape::line(&cause.sentence))),
                });
            }
            Verdict::Skip if !outcome.lacks.is_empty() => self.lacks.push(outcome.lacks.clone()),
            Verdict::Skip => *self.skipped.entry(reason).or_default() += 1,
            Verdict::Pass => {}
        }
    }

    /// Renders the skipped scenarios by reason, then what to declare so that more scenarios run, then warnings,
    /// failures and errors, those with a common cause first, then the counts. Returns an empty text if the run is quiet
    /// and nothing needs attention.
    pub(super) fn render(&self, summary: &Summary, palette: Palette, detail: Detail) -> String {
        let mut out = String::new();
        if detail != Detail::Quiet {
            let shown = if detail == Detail::Verbose {
                usize::MAX
            } else {
                LISTED
            };
            out += &reason_lines(Verdict::Skip, &self.skipped, shown, palette);
            out += &self.next_lines(shown, palette);
        }
        if detail != Detail::Quiet {
            out += &self.known_lines(detail, palette);
        }
        out += &reason_lines(Verdict::Error, &self.not_begun, usize::MAX, palette);
        out += &self.cause_lines(palette);
        // Writing to a `String` can't fail.
        for (id, attempts) in &self.flaky {
            let _ = writeln!(out, "flaky  {id}  {attempts}");
        }
        if detail == Detail::Quiet && out.is_empty() && !summary.interrupted {
            return out;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", counts(summary, palette));
        out
    }

    /// Returns a line for each deviation that the baseline lists, and one line for all deviations of the stack. In a
    /// verbose run, each deviation of the stack has a line of its own.
    fn known_lines(&self, detail: Detail, palette: Palette) -> String {
        let known = palette.paint(Role::Dim, "known");
        let line = |id: &str, verdict: Verdict, reason: &str| {
            format!("{known}  {id}  {}: {reason}\n", palette.sign(verdict))
        };
        let listed = self.known.iter();
        let listed = listed.map(|(id, (verdict, reason))| line(id, *verdict, reason));
        let mut out: String = listed.collect();
        for (stack, deviations) in &self.known_of_stack {
            if detail == Detail::Verbose {
                let lines = deviations.iter();
                out.extend(lines.map(|(id, verdict, reason)| line(id, *verdict, reason)));
            } else {
                let count = humanize::count(deviations.len(), "deviation");
                out += &format!(
                    "{known}  {count} that {stack} has by itself; `--verbose` lists them, `--stack none` judges them\n"
                );
            }
        }
        out
    }

    /// Returns the lines that say what to declare so that the skipped scenarios run, at most `shown` lines and a rest.
    fn next_lines(&self, shown: usize, palette: Palette) -> String {
        let unlocks = unlocks(self.lacks.iter().map(Vec::as_slice));
        let mut out = String::new();
        // Writing to a `String` can't fail.
        if !unlocks.is_empty() {
            let skipped = humanize::count(self.lacks.len(), "scenario");
            let sign = palette.sign(Verdict::Skip);
            let _ = writeln!(
                out,
                "{sign:5}  {skipped}: the target does not declare what is needed"
            );
        }
        for (place, unlock) in unlocks.iter().take(shown).enumerate() {
            let what = join_names(
                unlock
                    .declare
                    .iter()
                    .map(|one| escape::line(&one.to_string())),
            );
            let action = match unlock.way() {
                Way::Declare => format!("declare {what}"),
                Way::Profile => format!("add a profile that provides {what}"),
                Way::Support => format!("support {what}"),
            };
            let count = unlock.scenarios;
            let _ = if place == 0 {
                let more = humanize::count(count, "more scenario");
                writeln!(out, "next   {action} to run {more}")
            } else {
                writeln!(out, "       then {action} to run {count} more")
            };
        }
        let rest = unlocks.get(shown..).unwrap_or_default();
        if !rest.is_empty() {
            let count = rest.iter().map(|unlock| unlock.scenarios).sum::<usize>();
            let steps = humanize::count(rest.len(), "further step");
            let _ = writeln!(
                out,
                "       then {steps} to run {count} more; `--verbose` lists them"
            );
        }
        out
    }

    /// Returns the lines for the warnings, failures and errors. If most of them have one operation in common, the causes
    /// of fewer scenarios share a line.
    fn cause_lines(&self, palette: Palette) -> String {
        let groups = self.groups();
        let is_short = self.has_suspect && self.same_cause == SameCause::Once;
        let shown = if is_short && groups.len() > CAUSES + 1 {
            CAUSES
        } else {
            groups.len()
        };
        let (listed, rest) = groups.split_at_checked(shown).unwrap_or((&groups, &[]));
        let mut out: String = listed
            .iter()
            .map(|group| group_lines(group, palette))
            .collect();
        let others: Vec<_> = rest.iter().flatten().copied().collect();
        let worst = others.iter().map(|attention| attention.verdict);
        if let Some(worst) = worst.max_by_key(|verdict| verdict.rank_in_repeats()) {
            let ids: Vec<_> = others
                .iter()
                .map(|attention| attention.id.clone())
                .collect();
            out += &format!(
                "{:5}  {} with {} further causes: {}; `--all` lists them\n",
                palette.sign(worst),
                humanize::count(others.len(), "scenario"),
                rest.len(),
                first_names(&ids, NAMED),
            );
        }
        out
    }

    /// Returns the warnings, failures and errors by cause: the cause of most scenarios first, and then the scenarios
    /// that are alone with their cause.
    fn groups(&self) -> Vec<Vec<&Attention>> {
        let mut groups: Vec<Vec<&Attention>> = Vec::new();
        let mut places = HashMap::new();
        for attention in &self.attention {
            let cause = attention.cause.as_ref();
            match cause.filter(|_| self.same_cause == SameCause::Once) {
                Some((id, _)) => {
                    let place = *places.entry(id).or_insert_with(|| {
                        groups.push(Vec::new());
                        groups.len() - 1
                    });
                    if let Some(group) = groups.get_mut(place) {
                        group.push(attention);
                    }
                }
                None => groups.push(vec![attention]),
            }
        }
        // The sort is stable: groups of the same size stay in the order in which their first scenarios ended.
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups
    }
}

/// Returns the lines for scenarios with a verdict by reason, the reason of most scenarios first, at most `shown`
/// reasons and a rest.
fn reason_lines(
    verdict: Verdict,
    reasons: &BTreeMap<String, usize>,
    shown: usize,
    palette: Palette,
) -> String {
    let mut reasons: Vec<_> = reasons.iter().collect();
    // The sort is stable: reasons with the same number of scenarios stay in the order of the alphabet.
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let sign = palette.sign(verdict);
    let lines = reasons.iter().take(shown).map(|(reason, count)| {
        let count = humanize::count(**count, "scenario");
        format!("{sign:5}  {count}: {reason}\n")
    });
    let mut out: String = lines.collect();
    let rest = reasons.get(shown..).unwrap_or_default();
    if !rest.is_empty() {
        let count = rest.iter().map(|(_, count)| **count).sum();
        let count = humanize::count(count, "scenario");
        let reasons = humanize::count(rest.len(), "other reason");
        // Writing to a `String` can't fail.
        let _ = writeln!(
            out,
            "{sign:5}  {count}: for {reasons}; `--verbose` lists them"
        );
    }
    out
}

/// Returns the lines for scenarios with one cause: the verdict and the cause, then the scenarios.
fn group_lines(group: &[&Attention], palette: Palette) -> String {
    let worst = group
        .iter()
        .max_by_key(|attention| attention.verdict.rank_in_repeats());
    let Some(worst) = worst else {
        return String::new();
    };
    let sign = palette.sign(worst.verdict);
    let (Some((_, cause)), true) = (&worst.cause, group.len() > 1) else {
        return format!("{sign:5}  {}  {}\n", worst.id, worst.reason);
    };
    let count = |verdict| {
        let of_verdict = group
            .iter()
            .filter(|attention| attention.verdict == verdict);
        of_verdict.count()
    };
    let verdicts: Vec<_> = Verdict::ALL
        .into_iter()
        .filter(|verdict| count(*verdict) > 0)
        .map(|verdict| format!("{} {}", count(verdict), verdict.sign()))
        .collect();
    // The scenarios with the worst verdict are named first.
    let mut members = group.to_vec();
    members.sort_by_key(|attention| std::cmp::Reverse(attention.verdict.rank_in_repeats()));
    let ids: Vec<_> = members
        .iter()
        .map(|attention| attention.id.clone())
        .collect();
    format!(
        "{sign:5}  {}\n       {} with this cause ({}): {}\n",
        palette.paint(Role::Strong, cause),
        humanize::count(group.len(), "scenario"),
        verdicts.join(", "),
        first_names(&ids, NAMED),
    )
}

/// Returns the line of counts: `120 pass, 1 FAIL, 4 skip in 1.4 s`.
fn counts(summary: &Summary, palette: Palette) -> String {
    let mut parts: Vec<_> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict, summary.unexplained(verdict)))
        .filter(|(verdict, count)| *count > 0 || *verdict == Verdict::Pass)
        .map(|(verdict, count)| format!("{count} {}", palette.sign(verdict)))
        .collect();
    if summary.known() > 0 {
        parts.push(format!("{} known", summary.known()));
    }
    if summary.flaky > 0 {
        parts.push(format!("{} flaky", summary.flaky));
    }
    let time = palette.paint(Role::Dim, humanize::duration(summary.duration));
    let interrupted = if summary.interrupted {
        " (interrupted)"
    } else {
        ""
    };
    format!("{} in {time}{interrupted}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{Cause, samples};

    /// Returns outcomes with three causes: five, two and one scenario.
    fn three_causes() -> Vec<Outcome> {
        let of = |id: &str, verdict, cause: &str| Outcome {
            id: id.to_owned(),
            verdict,
            reason: Some(format!("{id} failed.")),
            cause: Some(Cause {
                id: cause.to_owned(),
                sentence: format!("The cause is {cause}."),
            }),
            ..samples::failed()
        };
        let mut outcomes = vec![
            of("a/alone", Verdict::Fail, "alone"),
            of("b/two", Verdict::Warn, "few"),
            of("b/one", Verdict::Warn, "few"),
        ];
        outcomes.push(of("c/warned", Verdict::Warn, "many"));
        outcomes.extend((1..=7).map(|number| of(&format!("c/{number}"), Verdict::Fail, "many")));
        outcomes
    }

    fn rendered(same_cause: SameCause) -> String {
        let mut tally = Tally::new(same_cause);
        let mut summary = Summary::default();
        for outcome in three_causes() {
            summary.count(&outcome);
            tally.add(&outcome);
        }
        tally.render(&summary, Palette::Plain, Detail::Normal)
    }

    #[test]
    fn a_cause_is_told_once_and_names_its_scenarios() {
        insta::assert_snapshot!(rendered(SameCause::Once), @r"
        FAIL   The cause is many.
               8 scenarios with this cause (1 warn, 7 FAIL): c/1, c/2, c/3, c/4, c/5, c/6 and 2 more
        warn   The cause is few.
               2 scenarios with this cause (2 warn): b/two, b/one
        FAIL   a/alone  a/alone failed.

        0 ok, 3 warn, 8 FAIL in 0 µs
        ");
    }

    #[test]
    fn each_scenario_has_its_line_if_all_are_asked_for() {
        insta::assert_snapshot!(rendered(SameCause::Each), @r"
        FAIL   a/alone  a/alone failed.
        warn   b/two  b/two failed.
        warn   b/one  b/one failed.
        warn   c/warned  c/warned failed.
        FAIL   c/1  c/1 failed.
        FAIL   c/2  c/2 failed.
        FAIL   c/3  c/3 failed.
        FAIL   c/4  c/4 failed.
        FAIL   c/5  c/5 failed.
        FAIL   c/6  c/6 failed.
        FAIL   c/7  c/7 failed.

        0 ok, 3 warn, 8 FAIL in 0 µs
        ");
    }

    #[test]
    fn further_causes_share_a_line_if_most_failures_have_an_operation_in_common() {
        let rendered = |has_suspect: bool| {
            let mut tally = Tally::default();
            let mut summary = Summary::default();
            for number in 1..=10 {
                let outcome = Outcome {
                    id: format!("a/{number}"),
                    cause: None,
                    ..samples::failed()
                };
                summary.count(&outcome);
                tally.add(&outcome);
            }
            if has_suspect {
                tally.suspect();
            }
            tally.render(&summary, Palette::Plain, Detail::Normal)
        };
        let short = rendered(true);
        assert!(
            short.contains(
                "FAIL   2 scenarios with 2 further causes: a/9, a/10; `--all` lists them\n"
            ),
            "{short}"
        );
        assert_eq!(short.lines().count(), CAUSES + 3);
        assert_eq!(rendered(false).lines().count(), 12);
    }

    #[test]
    fn scenarios_that_could_not_begin_share_a_line() {
        let mut tally = Tally::default();
        for id in ["acks/late", "acks/value", "acks/object"] {
            tally.add(&samples::not_begun(id));
        }
        let summary = Summary {
            error: 3,
            ..Summary::default()
        };
        insta::assert_snapshot!(tally.render(&summary, Palette::Plain, Detail::Normal), @r"
        ERROR  3 scenarios: Not run: the target had died.

        0 ok, 3 ERROR in 0 µs
        ");
    }
}
