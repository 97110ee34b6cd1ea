//! Decides which attempts a scenario gets: retries, repeats, first a short attempt if the scenario is known to wait in
//! vain or many others of the run have, and another one alone if the machine was too busy.

use std::time::Duration;

use super::{attempt::Attempt, load::Company, vain::Vain};
use crate::{
    runner::{
        findings::{error_kind::ErrorKind, trace},
        judgement::{self, Merge, Tried},
        plan::Item,
        record::{
            event::{EventKind, Traffic},
            outcome::Outcome,
            verdict::Verdict,
        },
        settings::Settings,
        transcript,
    },
    targets::Maskable,
};

/// The timeout of a step that is likely to wait in vain. If something else happens, the scenario is played again with
/// the usual timeout.
const KNOWN_LIMIT: Duration = Duration::from_secs(1);

/// The distance between the numbers of the attempts with [`KNOWN_LIMIT`], of those that are played again alone, and of
/// all other attempts, so that their names differ.
const OTHER_NAMES: usize = 1 << 20;

/// How often an attempt for which the machine was too busy is played again.
const MOST_AGAIN: usize = 3;

/// The result of playing one item, that is, one scenario on one transport.
#[derive(Debug)]
pub(in crate::runner) struct Played {
    /// The outcome of the scenario, from all attempts together.
    pub(in crate::runner) outcome: Outcome,
    /// Whether a client never connected, or lost a connection that the client did not end.
    pub(in crate::runner) lost_a_connection: bool,
}

/// The timeouts of an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Timeouts {
    /// Each step has the timeout that the scenario or the target sets.
    Usual,
    /// Each step without a timeout of its own has the timeout [`KNOWN_LIMIT`].
    Short,
}

/// The attempt that comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Next {
    /// The number of the attempt, from 0 on. Attempts with the same number use the same names.
    pub(super) number: usize,
    /// The limit on the timeout of steps that set none.
    pub(super) limit: Option<Duration>,
    /// Whether other attempts may run at the same time.
    pub(super) company: Company,
}

/// The attempts at one item (a scenario on one transport), and their outcomes so far.
pub(super) struct Schedule<'s, R> {
    item: &'s Item,
    settings: &'s Settings,
    /// For what other attempts of the run have waited in vain.
    vain: &'s Vain,
    /// Is called when a try starts, and when an item that did not pass is tried again.
    report: R,
    /// How many times the item is tried at most. A try is one attempt, or a short one and a usual one.
    tries: usize,
    merge: Merge,
    /// The timeouts with which each try begins.
    first: Timeouts,
    /// The number of tries that have ended.
    ended: usize,
    /// The timeouts of the attempt that runs, or of the next one between two attempts. `None` after the last attempt.
    current: Option<Timeouts>,
    /// How often the attempt that runs has been played before, each time on a machine that was too busy.
    played_before: usize,
    tried: Vec<Tried>,
    lost_a_connection: bool,
}

impl<'s, R: Fn(EventKind)> Schedule<'s, R> {
    /// Returns the schedule of an item for which no attempt has started.
    pub(super) fn new(item: &'s Item, settings: &'s Settings, vain: &'s Vain, report: R) -> Self {
        let (tries, merge) = match settings.repeat {
            0 | 1 => (1 + settings.retries, Merge::Last),
            repeat => (repeat, Merge::Worst),
        };
        let is_listed = settings.known.waits_in_vain(&item.id, item.transport);
        let first = match is_listed || vain.knows_a_cause() {
            true => Timeouts::Short,
            false => Timeouts::Usual,
        };
        Self {
            item,
            settings,
            vain,
            report,
            tries,
            merge,
            first,
            ended: 0,
            current: Some(first),
            played_before: 0,
            tried: Vec::new(),
            lost_a_connection: false,
        }
    }

    /// Returns the next attempt, or `None` if the item has had all its attempts.
    pub(super) fn next(&self) -> Option<Next> {
        let timeouts = self.current?;
        if timeouts == self.first && self.played_before == 0 {
            (self.report)(EventKind::AttemptStarted {
                id: self.item.id.clone(),
                attempt: self.ended + 1,
            });
        }
        let (kind, limit) = match timeouts {
            Timeouts::Usual => (0, None),
            Timeouts::Short => (1, Some(KNOWN_LIMIT)),
        };
        Some(Next {
            number: self.ended + OTHER_NAMES * (kind + 2 * self.played_before),
            limit,
            company: match self.played_before {
                0 => Company::Others,
                _ => Company::Alone,
            },
        })
    }

    /// Reports what the clients of the attempt that [`Self::next`] returned sent and received, as the settings want it.
    pub(super) fn report_traffic(&self, attempt: &Attempt<'_>) {
        if self.settings.keeps_traffic {
            self.trace(attempt);
        }
        self.transcribe(attempt);
    }

    fn trace(&self, attempt: &Attempt<'_>) {
        let mut traffic = Traffic {
            id: self.item.id.clone(),
            attempt: self.ended + 1,
            clients: trace::whole(attempt),
        };
        traffic.mask(&attempt.to_mask());
        (self.report)(EventKind::AttemptTraced(traffic));
    }

    fn transcribe(&self, attempt: &Attempt<'_>) {
        if let Some(mut transcript) = transcript::of(attempt, self.item, self.ended + 1) {
            transcript.mask(&attempt.to_mask());
            (self.report)(EventKind::AttemptTranscribed(transcript));
        }
    }

    /// Adds the result of the attempt that [`Self::next`] returned.
    ///
    /// Calls `plays_again` only for a failure or warning that is not known, for whose cause not many others have waited in
    /// vain, and that has been played again fewer than [`MOST_AGAIN`] times. If it returns true, the attempt does not
    /// count, and is played again alone. So is an attempt that took too long for one of its sessions.
    pub(super) fn add(&mut self, played: Played, plays_again: impl FnOnce() -> bool) {
        let Played {
            outcome,
            lost_a_connection,
        } = played;
        self.lost_a_connection |= lost_a_connection;
        if self.current == Some(Timeouts::Usual) {
            self.vain.count(&outcome);
        }
        let is_expected = self.is_expected(&outcome);
        let has_failed = matches!(outcome.verdict, Verdict::Fail | Verdict::Warn);
        let was_too_slow = outcome.error == Some(ErrorKind::SessionExpired);
        if !is_expected
            && self.played_before < MOST_AGAIN
            && (was_too_slow || (has_failed && plays_again()))
        {
            self.played_before += 1;
            self.tried.push(Tried::Replayed(outcome));
            return;
        }
        self.played_before = 0;
        // Any other outcome of a short attempt may be due to its short timeout.
        if !is_expected && self.current != Some(Timeouts::Usual) {
            self.current = Some(Timeouts::Usual);
            return;
        }
        self.count(outcome);
    }

    /// Returns true if the attempt that is to be played again alone need not be: meanwhile, many others have waited in
    /// vain for its cause. The attempt counts then.
    pub(super) fn is_explained_meanwhile(&mut self) -> bool {
        let is_explained = match self.tried.last() {
            Some(Tried::Replayed(outcome)) => self.is_expected(outcome),
            Some(Tried::Counted(_)) | None => false,
        };
        is_explained && self.forgoes_replay()
    }

    /// Counts the attempt that is to be played again alone. Returns false if no attempt is.
    pub(super) fn forgoes_replay(&mut self) -> bool {
        if self.played_before == 0 {
            return false;
        }
        if let Some(Tried::Replayed(outcome)) = self.tried.pop() {
            self.played_before = 0;
            self.count(outcome);
        }
        true
    }

    /// Returns true for a pass, for a known deviation, and for a cause for which many attempts have waited in vain.
    fn is_expected(&self, outcome: &Outcome) -> bool {
        outcome.verdict == Verdict::Pass
            || self.settings.known.find(outcome).is_some()
            || self.vain.explains(outcome)
    }

    /// Counts an attempt, and decides whether the item is tried again.
    fn count(&mut self, outcome: Outcome) {
        self.ended += 1;
        let has_more = self.ended < self.tries;
        let goes_on = match self.merge {
            Merge::Worst => has_more,
            Merge::Last => has_more && outcome.verdict.is_red(),
        };
        if goes_on && self.merge == Merge::Last {
            (self.report)(EventKind::ScenarioRetried {
                id: self.item.id.clone(),
                attempt: self.ended,
                verdict: outcome.verdict,
                reason: outcome.reason.clone(),
            });
        }
        self.current = goes_on.then_some(self.first);
        self.tried.push(Tried::Counted(outcome));
    }

    /// Returns the result of all attempts together.
    pub(super) fn finish(self) -> Played {
        let outcome = judgement::merge(self.tried, self.merge)
            .unwrap_or_else(|| unreachable!("every item is played at least once"));
        Played {
            outcome,
            lost_a_connection: self.lost_a_connection,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, fs, sync::Arc};

    use super::*;
    use crate::runner::{
        Baseline, FailureKind, KnownDeviations, Names,
        record::outcome::Cause,
        samples::{errored, failed, passed, scenario_of},
    };
    use crate::scenario::Transport;

    fn item() -> Item {
        let scenario = scenario_of(
            "scenarios:\n- id: a/b\n  title: T\n  clients: [alice]\n  steps:\n  - call: echo\n    as: alice\n",
        );
        Item {
            id: scenario.id.clone(),
            scenario: Arc::new(scenario),
            transport: Transport::WebSocket,
            profile: None,
            skip: None,
            lacks: Vec::new(),
        }
    }

    /// Returns a failed outcome of the item, of the kind that the known deviation in these tests has.
    fn not_delivered() -> Outcome {
        Outcome {
            id: "a/b".to_owned(),
            kind: Some(FailureKind::NotDelivered),
            further: Vec::new(),
            ..failed()
        }
    }

    /// Returns the attempts and the reported events, in one line each, and the result, if the attempts have `outcomes`.
    fn played(settings: &Settings, outcomes: Vec<Outcome>) -> (Vec<String>, Played) {
        let outcomes = outcomes.into_iter().map(|outcome| (outcome, false));
        played_on_busy_machine(settings, outcomes.collect())
    }

    /// Does what [`played`] does. Each outcome comes with whether the machine was too busy for the attempt.
    fn played_on_busy_machine(
        settings: &Settings,
        outcomes: Vec<(Outcome, bool)>,
    ) -> (Vec<String>, Played) {
        played_beside(settings, outcomes, &Vain::default())
    }

    /// Does what [`played_on_busy_machine`] does. `vain` holds for what other attempts have waited in vain.
    fn played_beside(
        settings: &Settings,
        outcomes: Vec<(Outcome, bool)>,
        vain: &Vain,
    ) -> (Vec<String>, Played) {
        let (item, log) = (item(), RefCell::new(Vec::new()));
        let mut outcomes = outcomes.into_iter();
        let mut schedule = Schedule::new(&item, settings, vain, |event| {
            log.borrow_mut().push(match event {
                EventKind::AttemptStarted { attempt, .. } => format!("started {attempt}"),
                EventKind::ScenarioRetried { attempt, .. } => format!("retried after {attempt}"),
                other => format!("{other:?}"),
            });
        });
        while let Some(next) = schedule.next() {
            let alone = match next.company {
                Company::Alone => " alone",
                Company::Others => "",
            };
            log.borrow_mut()
                .push(format!("{} within {:?}{alone}", next.number, next.limit));
            let (outcome, is_busy) = outcomes.next().unwrap();
            let played = Played {
                outcome,
                lost_a_connection: false,
            };
            schedule.add(played, || is_busy);
        }
        assert_eq!(outcomes.count(), 0, "all attempts have run");
        let played = schedule.finish();
        (log.into_inner(), played)
    }

    #[test]
    fn an_item_is_retried_until_it_passes() {
        let settings = Settings {
            retries: 2,
            ..Settings::default()
        };
        let (log, played) = played(&settings, vec![failed(), passed()]);
        assert_eq!(
            log,
            [
                "started 1",
                "0 within None",
                "retried after 1",
                "started 2",
                "1 within None"
            ]
        );
        assert_eq!(played.outcome.verdict, Verdict::Pass);
        assert!(played.outcome.flaky);
    }

    #[test]
    fn a_repeated_item_has_its_worst_verdict() {
        let settings = Settings {
            repeat: 3,
            ..Settings::default()
        };
        let (log, played) = played(&settings, vec![passed(), failed(), passed()]);
        assert_eq!(log.len(), 6);
        assert_eq!(played.outcome.verdict, Verdict::Fail);
    }

    #[test]
    fn an_attempt_on_a_busy_machine_is_played_again_alone() {
        let settings = Settings::default();
        let (log, played) =
            played_on_busy_machine(&settings, vec![(failed(), true), (passed(), true)]);
        assert_eq!(
            log,
            ["started 1", "0 within None", "2097152 within None alone"]
        );
        assert_eq!(played.outcome.verdict, Verdict::Pass);
        assert!(!played.outcome.flaky);
        let attempts = played.outcome.attempts.iter();
        let attempts: Vec<_> = attempts
            .map(|attempt| (attempt.verdict, attempt.replayed))
            .collect();
        assert_eq!(attempts, [(Verdict::Fail, true), (Verdict::Pass, false)]);
    }

    #[test]
    fn an_attempt_that_took_too_long_for_its_session_is_played_again_alone() {
        let settings = Settings::default();
        let expired = || Outcome {
            error: Some(ErrorKind::SessionExpired),
            ..errored()
        };
        let (log, short) = played(&settings, vec![expired(), passed()]);
        assert_eq!(
            log,
            ["started 1", "0 within None", "2097152 within None alone"]
        );
        assert_eq!(short.outcome.verdict, Verdict::Pass);
        let (_, long) = played(&settings, (0..=MOST_AGAIN).map(|_| expired()).collect());
        assert_eq!(long.outcome.error, Some(ErrorKind::SessionExpired));
    }

    #[test]
    fn an_item_that_fails_alone_as_well_has_failed() {
        let settings = Settings::default();
        let outcomes = vec![(failed(), true), (failed(), false)];
        let (log, played) = played_on_busy_machine(&settings, outcomes);
        assert_eq!(log.len(), 3);
        assert_eq!(played.outcome.verdict, Verdict::Fail);
        let outcomes = vec![(failed(), true); MOST_AGAIN + 1];
        let (_, played) = played_on_busy_machine(&settings, outcomes);
        assert_eq!(played.outcome.verdict, Verdict::Fail);
    }

    #[test]
    fn a_known_wait_has_a_short_timeout_unless_something_else_happens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.yaml");
        let entry = "{ id: a/b, verdict: fail, kind: not-delivered, because: defect, reason: x }";
        fs::write(&path, format!("deviations:\n- {entry}\n")).unwrap();
        let baseline = Baseline::read(&path).unwrap();
        let known = KnownDeviations::new(Some(&baseline), None, &Names::default()).unwrap();
        let settings = Settings {
            known: Arc::new(known),
            ..Settings::default()
        };
        let (log, _) = played(&settings, vec![not_delivered()]);
        assert_eq!(log, ["started 1", "1048576 within Some(1s)"]);
        let (log, other) = played(&settings, vec![failed(), passed()]);
        assert_eq!(log[1..], ["1048576 within Some(1s)", "0 within None"]);
        assert_eq!(other.outcome.verdict, Verdict::Pass);
        assert!(!other.outcome.flaky, "the short attempt does not count");
    }

    #[test]
    fn for_what_many_have_waited_in_vain_others_wait_for_a_shorter_time() {
        let settings = Settings::default();
        let vain = Vain::default();
        let lost = |cause: &str| Outcome {
            kind: Some(FailureKind::NoResponse),
            cause: Some(Cause {
                id: cause.to_owned(),
                sentence: "The server did not answer.".to_owned(),
            }),
            ..failed()
        };
        let play = |outcomes: Vec<Outcome>| {
            let outcomes = outcomes.into_iter().map(|outcome| (outcome, false));
            played_beside(&settings, outcomes.collect(), &vain)
        };
        for _ in 0..8 {
            let (log, _) = play(vec![lost("one")]);
            assert_eq!(log, ["started 1", "0 within None"]);
        }
        let (log, short) = play(vec![lost("one")]);
        assert_eq!(log, ["started 1", "1048576 within Some(1s)"]);
        assert_eq!(short.outcome.verdict, Verdict::Fail);
        let (log, passed) = play(vec![passed()]);
        assert_eq!(log.len(), 2);
        let (log, busy) = played_beside(&settings, vec![(lost("one"), true)], &vain);
        assert_eq!(log.len(), 2);
        assert_eq!(busy.outcome.verdict, Verdict::Fail);
        assert_eq!(passed.outcome.verdict, Verdict::Pass);
        let (log, other) = play(vec![lost("two"), lost("two")]);
        assert_eq!(log[1..], ["1048576 within Some(1s)", "0 within None"]);
        assert_eq!(other.outcome.verdict, Verdict::Fail);
    }
}
