//! Renders the summary at the end of a run.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    report::{Palette, Role},
    runner::{Outcome, Summary, Verdict},
    text::{escape, humanize},
};

/// The parts of the outcomes that the summary shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Verdict, id and reason of each warning, failure and error, in the order in which the scenarios ended.
    attention: Vec<(Verdict, String, String)>,
    /// The ids of flaky scenarios.
    flaky: Vec<String>,
    /// The number of skipped scenarios for each reason.
    skipped: BTreeMap<String, usize>,
    /// The number of scenarios that could not start, for each reason.
    not_begun: BTreeMap<String, usize>,
}

impl Tally {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        let id = escape::line(&outcome.id);
        let reason = escape::line(outcome.reason.as_deref().unwrap_or_default());
        if outcome.flaky {
            self.flaky.push(id.clone());
        }
        match outcome.verdict {
            Verdict::Error if !outcome.has_begun() => {
                *self.not_begun.entry(reason).or_default() += 1;
            }
            Verdict::Warn | Verdict::Fail | Verdict::Error => {
                self.attention.push((outcome.verdict, id, reason));
            }
            Verdict::Skip => *self.skipped.entry(reason).or_default() += 1,
            Verdict::Pass => {}
        }
    }

    /// Renders the skipped scenarios by reason, then warnings, failures and errors, then the counts.
    pub(super) fn render(&self, summary: &Summary, palette: Palette) -> String {
        let mut out = String::new();
        // Writing to a `String` can't fail.
        let skipped = self.skipped.iter().map(|entry| (Verdict::Skip, entry));
        let not_begun = self.not_begun.iter().map(|entry| (Verdict::Error, entry));
        for (verdict, (reason, count)) in skipped.chain(not_begun) {
            let _ = writeln!(
                out,
                "{:5}  {}: {reason}",
                palette.sign(verdict),
                humanize::count(*count, "scenario")
            );
        }
        for (verdict, id, reason) in &self.attention {
            let _ = writeln!(out, "{:5}  {id}  {reason}", palette.sign(*verdict));
        }
        for id in &self.flaky {
            let _ = writeln!(out, "flaky  {id}");
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", counts(summary, palette));
        out
    }
}

/// Returns the line of counts: `120 pass, 1 FAIL, 4 skip in 1.4 s`.
fn counts(summary: &Summary, palette: Palette) -> String {
    let all = [
        (Verdict::Pass, summary.pass),
        (Verdict::Warn, summary.warn),
        (Verdict::Fail, summary.fail),
        (Verdict::Error, summary.error),
        (Verdict::Skip, summary.skip),
    ];
    let mut parts: Vec<_> = all
        .into_iter()
        .filter(|(verdict, count)| *count > 0 || *verdict == Verdict::Pass)
        .map(|(verdict, count)| format!("{count} {}", palette.sign(verdict)))
        .collect();
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
    use crate::runner::samples;

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
        insta::assert_snapshot!(tally.render(&summary, Palette::Plain), @r"
        ERROR  3 scenarios: Not run: the target had died.

        0 ok, 3 ERROR in 0 µs
        ");
    }
}
