//! Renders the events of a run while it goes on.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use super::{
    Detail, Progress,
    attempts::tried,
    failure,
    snapshots::snapshots,
    summary::{SameCause, Tally},
};
use crate::{
    report::{Palette, Role},
    runner::{Event, EventKind, Notice, Outcome, RunInfo, Verdict},
    targets::Masked,
    text::{escape, humanize},
};

/// The limit on the scenarios of a run that prints a line for each scenario that passed.
const FEW: usize = 12;

/// Renders the events of a run for people.
#[derive(Debug)]
pub struct Terminal<W> {
    out: W,
    palette: Palette,
    detail: Detail,
    same_cause: SameCause,
    /// The id of the scenario that was printed for each cause, and its verdict.
    explained: HashMap<String, (String, Verdict)>,
    progress: Progress,
    tally: Tally,
    /// True if a line is printed for each scenario that passed.
    lists_passed: bool,
    /// True if the last line that was written is empty, so that no second empty line follows.
    after_blank: bool,
}

impl<W: Write> Terminal<W> {
    /// Returns a renderer that writes results to `out`.
    pub fn new(
        out: W,
        palette: Palette,
        detail: Detail,
        same_cause: SameCause,
        progress: Progress,
    ) -> Self {
        Self {
            out,
            palette,
            detail,
            same_cause,
            explained: HashMap::new(),
            progress,
            tally: Tally::new(same_cause),
            lists_passed: false,
            after_blank: false,
        }
    }

    /// Renders one event.
    ///
    /// # Errors
    ///
    /// Returns an error if the output can't be written.
    pub fn event(&mut self, event: &Masked<Event>) -> io::Result<()> {
        match &event.kind {
            EventKind::RunStarted(info) => {
                self.progress.start(info.scenarios);
                self.lists_passed = match self.detail {
                    Detail::Normal => self.progress.is_hidden() && info.scenarios <= FEW,
                    Detail::Quiet => false,
                    Detail::Verbose => true,
                };
                let text = self.banner(info);
                self.write(&text)
            }
            EventKind::ScenarioStarted { id } => {
                self.progress.began(id);
                Ok(())
            }
            EventKind::ScenarioFinished(outcome) => {
                self.progress.ended();
                self.tally.add(outcome);
                let text = self.outcome(outcome);
                self.write(&text)
            }
            EventKind::ScenarioSlow { id, running } => {
                let (id, running) = (escape::line(id), humanize::duration(*running));
                self.write(&format!("slow   {id}  still runs after {running}\n"))
            }
            EventKind::Noticed(notice) if self.detail == Detail::Quiet && notice.is_harmless() => {
                Ok(())
            }
            EventKind::Noticed(notice) => {
                if matches!(notice, Notice::Suspect { .. }) {
                    self.tally.suspect();
                }
                let text = format!("note   {}\n", escape::line(&notice.to_string()));
                self.write(&text)
            }
            // Print nothing for these events: an outcome or a notice of the run reports the same fact.
            EventKind::AttemptStarted { .. }
            | EventKind::AttemptTraced(_)
            | EventKind::AttemptTranscribed(_)
            | EventKind::Interrupted
            | EventKind::ScenarioRetried { .. }
            | EventKind::TargetDied { .. }
            | EventKind::TargetRestarted(_)
            | EventKind::TargetStarted(_) => Ok(()),
            EventKind::SnapshotsCompared(report) => {
                self.write(&snapshots(report, self.palette, self.detail))
            }
            EventKind::RunFinished(summary) => {
                self.progress.finish();
                let text = self.tally.render(summary, self.palette, self.detail);
                let separator = if self.after_blank || text.is_empty() {
                    ""
                } else {
                    "\n"
                };
                self.write(&format!("{separator}{text}"))
            }
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.after_blank = text.ends_with("\n\n");
        let out = &mut self.out;
        self.progress.suspend(|| {
            out.write_all(text.as_bytes())?;
            out.flush()
        })
    }

    fn banner(&self, info: &RunInfo) -> String {
        if self.detail == Detail::Quiet {
            return String::new();
        }
        let target = self.palette.paint(Role::Strong, escape::line(&info.target));
        let at = if info.url.is_empty() {
            "not started".into()
        } else {
            escape::line(&info.url)
        };
        let mut text = format!("target {target}  {at}");
        if self.detail == Detail::Verbose {
            let provides: Vec<_> = info.provides.iter().map(|id| escape::line(id)).collect();
            text += &format!(
                "\n       provides {}\n       {} scenarios at the same time, seed {}",
                provides.join(", "),
                info.jobs,
                info.seed
            );
        }
        text + "\n\n"
    }

    fn outcome(&mut self, outcome: &Outcome) -> String {
        let verbose = self.detail == Detail::Verbose;
        if outcome.known.is_some() {
            // The summary lists the known deviations.
            return if self.lists_passed {
                self.line(outcome)
            } else {
                String::new()
            };
        }
        match outcome.verdict {
            // Print nothing here: the summary shows one line for all scenarios that could not start.
            Verdict::Error if !outcome.has_begun() && !verbose => String::new(),
            Verdict::Warn | Verdict::Fail | Verdict::Error => match self.explained_by(outcome) {
                Some(_) if !self.lists_passed => String::new(),
                Some(id) => self.repeated(outcome, &id),
                None => failure(outcome, self.palette),
            },
            Verdict::Pass if self.lists_passed || outcome.flaky => self.line(outcome),
            Verdict::Skip if verbose => self.line(outcome),
            Verdict::Pass | Verdict::Skip => String::new(),
        }
    }

    /// Returns the id of the printed scenario that explains this outcome. Returns `None` if there is none: the outcome
    /// has to be printed, and explains later outcomes with the same cause.
    fn explained_by(&mut self, outcome: &Outcome) -> Option<String> {
        let cause = outcome.cause.as_ref()?;
        match self.explained.get(&cause.id) {
            Some((id, verdict))
                if self.same_cause == SameCause::Once
                    && outcome.verdict.rank_in_repeats() <= verdict.rank_in_repeats() =>
            {
                Some(id.clone())
            }
            Some(_) | None => {
                let printed = (outcome.id.clone(), outcome.verdict);
                self.explained.insert(cause.id.clone(), printed);
                None
            }
        }
    }

    /// Returns the line for an outcome whose cause is already explained.
    fn repeated(&self, outcome: &Outcome, explained_by: &str) -> String {
        let sign = self.palette.sign(outcome.verdict);
        let id = escape::line(&outcome.id);
        let time = humanize::duration(outcome.duration);
        let time = self.palette.paint(Role::Dim, time);
        let tried = tried(outcome);
        let by = escape::line(explained_by);
        format!("{sign:5}  {id}  {time}{tried}  same cause as {by}\n")
    }

    fn line(&self, outcome: &Outcome) -> String {
        let sign = self.palette.sign(outcome.verdict);
        let id = escape::line(&outcome.id);
        let mut text = match (outcome.verdict, &outcome.reason) {
            (Verdict::Skip, Some(reason)) => format!("{sign:5}  {id}  {}", escape::line(reason)),
            _ => {
                let time = humanize::duration(outcome.duration);
                let time = self.palette.paint(Role::Dim, time);
                format!("{sign:5}  {id}  {time}")
            }
        };
        if outcome.known.is_some() {
            text += "  known";
        }
        text += &tried(outcome);
        text.push('\n');
        if self.detail == Detail::Verbose {
            for proof in &outcome.proofs {
                text += &format!("         {}\n", escape::line(proof));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{runner::samples, targets::Secrets};

    fn rendered(detail: Detail, same_cause: SameCause) -> String {
        let mut out = Vec::new();
        let mut terminal = Terminal::new(
            &mut out,
            Palette::Plain,
            detail,
            same_cause,
            Progress::new(crate::report::Watched::No),
        );
        for event in samples::events() {
            terminal.event(&Secrets::default().masked(event)).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        // Other tests have a snapshot of this whole failure text, so this snapshot leaves it out.
        let whole = failure(&samples::failed(), Palette::Plain);
        assert!(text.contains(&whole), "{text}");
        text.replace(&whole, "FAIL   (evidence)\n")
    }

    #[test]
    fn a_line_for_each_scenario_where_there_is_no_bar() {
        insta::assert_snapshot!(rendered(Detail::Normal, SameCause::Once), @r#"
        target reference  http://127.0.0.1:4000

        ok     acks/value  4 ms
        note   acks/value ended the target; it was started again
        FAIL   (evidence)
        ok     acks/binary  4 ms  flaky  (2 attempts: FAIL, ok)
        ERROR  acks/late  4 ms
          can't reach 127.0.0.1:3000: connection refused

        skip   1 scenario: the target does not declare what is needed
        next   declare `auth-jwt` to run 1 more scenario
        FAIL   rooms/to-excludes-sender  sender received room-message, which only member may receive
        ERROR  acks/late  can't reach 127.0.0.1:3000: connection refused
        flaky  acks/binary  (2 attempts: FAIL, ok)

        2 ok, 1 FAIL, 1 ERROR, 1 skip, 1 flaky in 1.5 s
        "#);
    }

    #[test]
    fn a_slow_scenario_is_named_while_it_still_runs() {
        let mut out = Vec::new();
        let hidden = Progress::new(crate::report::Watched::No);
        let mut terminal = Terminal::new(
            &mut out,
            Palette::Plain,
            Detail::Normal,
            SameCause::default(),
            hidden,
        );
        let kind = EventKind::ScenarioSlow {
            id: "acks/\u{1b}value".to_owned(),
            running: Duration::from_millis(10_003),
        };
        let at = Duration::from_secs(10);
        terminal
            .event(&Secrets::default().masked(Event { at, kind }))
            .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "slow   acks/\\u{1b}value  still runs after 10.0 s\n"
        );
    }

    #[test]
    fn verbose_names_skipped_scenarios_and_proofs() {
        insta::assert_snapshot!(rendered(Detail::Verbose, SameCause::Once), @r#"
        target reference  http://127.0.0.1:4000
               provides acks, rooms
               16 scenarios at the same time, seed 7

        ok     acks/value  4 ms
                 member: echo round trip, then 12 ms of silence
        note   acks/value ended the target; it was started again
        FAIL   (evidence)
        skip   auth/expired  the target does not provide auth-jwt
        ok     acks/binary  4 ms  flaky  (2 attempts: FAIL, ok)
                 member: echo round trip, then 12 ms of silence
        ERROR  acks/late  4 ms
          can't reach 127.0.0.1:3000: connection refused

        skip   1 scenario: the target does not declare what is needed
        next   declare `auth-jwt` to run 1 more scenario
        FAIL   rooms/to-excludes-sender  sender received room-message, which only member may receive
        ERROR  acks/late  can't reach 127.0.0.1:3000: connection refused
        flaky  acks/binary  (2 attempts: FAIL, ok)

        2 ok, 1 FAIL, 1 ERROR, 1 skip, 1 flaky in 1.5 s
        "#);
    }
}
