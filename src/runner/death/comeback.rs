//! What a run does when a target died that it did not start. A supervisor may start the target again; the run then
//! tries the suspects again on it before it blames one of them.

use std::{collections::VecDeque, time::Duration};

use super::{
    loss::Killer,
    outcome::{death, with_verdict},
};
use crate::{
    clock,
    runner::{
        record::{
            event::{Event, EventKind},
            notice::Notice,
            verdict::Verdict,
        },
        run::{
            Run,
            batch::{Batch, Judged},
        },
    },
    targets::Masked,
};

/// Why a target that the runner did not start can't be started again.
const NOT_OURS: &str = "sockspec can't restart a target that it did not start";

/// The time that a supervisor gets to start the target again.
const COMEBACK: Duration = Duration::from_secs(3);

impl<E: FnMut(&Masked<Event>)> Run<'_, E> {
    /// Tries the candidates (scenarios that may have killed the target) again if the target lives again. Otherwise,
    /// reports that they can't be tried again, and skips the rest.
    pub(super) async fn await_comeback(
        &mut self,
        batch: &mut Batch,
        mut candidates: VecDeque<Judged>,
    ) {
        if !self.comes_back().await {
            return self.lose(batch, candidates, Killer::OneOfThem, NOT_OURS);
        }
        let scenarios = candidates.iter().map(|(item, _)| item.id.clone()).collect();
        while let Some((item, before)) = candidates.pop_front() {
            let Some(live) = self.live(item.profile) else {
                continue;
            };
            let mut outcome = Box::new(self.play_and_emit(&item, &live).await);
            let is_alive = match self.instances.get(&item.profile) {
                Some(instance) => instance.stays_alive().await,
                None => true,
            };
            if is_alive {
                self.emit(EventKind::ScenarioFinished(outcome));
                continue;
            }
            self.emit_death(item.profile);
            outcome.breach = outcome.breach.or(before.breach);
            let death = death(&outcome, None);
            let outcome = with_verdict(outcome, Verdict::Fail, death);
            self.emit(EventKind::ScenarioFinished(outcome));
            return match self.comes_back().await {
                true => self.release(batch, candidates),
                false => self.lose(batch, candidates, Killer::Known, NOT_OURS),
            };
        }
        self.notice(Notice::SurvivesEachAlone { scenarios });
    }

    /// Waits for a while until all servers of the target are alive. Returns true if they are.
    async fn comes_back(&self) -> bool {
        let all_alive = async {
            for instance in self.instances.values() {
                while !instance.is_alive().await {}
            }
        };
        clock::within(COMEBACK, all_alive).await.is_ok()
    }
}
