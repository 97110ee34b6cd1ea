//! Narrows down which scenario killed the target: plays the candidates again in groups, instead of one after another.
//! A scenario that waits for an answer in vain takes seconds, so a long list would take minutes.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use crate::{
    runner::{
        play::play,
        record::{
            event::{Event, EventKind},
            verdict::Verdict,
        },
        run::{Run, batch::Judged},
        running_target::host::StartError,
    },
    targets::Masked,
};

/// The number of candidates that are not divided any more, but played one after another.
const FEW: usize = 2;

/// The most candidates of a group that run at the same time.
const AT_ONCE: usize = 64;

/// The candidates (scenarios that may have killed the target) after the search in groups.
pub(super) struct Narrowed {
    /// The candidates of the smallest group that killed the target; each has to be played alone.
    pub(super) suspects: VecDeque<Judged>,
    /// The candidates of groups that were not played again.
    pub(super) others: VecDeque<Judged>,
    /// Why the search ended early, if the target can't be started again.
    pub(super) error: Option<StartError>,
}

impl<E: FnMut(&Masked<Event>)> Run<'_, E> {
    /// Divides the candidates until only a few are left, and emits the outcomes of the groups that the target survives.
    /// Ends early after an interrupt, at the time limit of the run, and if the target can't be started again.
    pub(super) async fn narrow(&mut self, candidates: VecDeque<Judged>) -> Narrowed {
        let mut narrowed = Narrowed {
            suspects: candidates,
            others: VecDeque::new(),
            error: None,
        };
        while narrowed.suspects.len() > FEW && !self.must_end_search() {
            let half = narrowed.suspects.len() / 2;
            let second = narrowed.suspects.split_off(half);
            let group = std::mem::replace(&mut narrowed.suspects, second);
            for profile in profiles(&group) {
                if let Err(error) = self.restart_if_dead(profile).await {
                    narrowed.others.extend(group);
                    narrowed.error = Some(error);
                    return narrowed;
                }
            }
            let group = self.play_together(group).await;
            if self.killed_by(&group).await {
                let second = std::mem::replace(&mut narrowed.suspects, group);
                narrowed.others.extend(second);
                continue;
            }
            for (_, outcome) in group {
                self.emit(EventKind::ScenarioFinished(outcome));
            }
        }
        narrowed
    }

    /// Returns true after an interrupt, and at the time limit of the run.
    pub(super) fn must_end_search(&self) -> bool {
        self.interrupt.is_cancelled() || self.is_out_of_time()
    }

    /// Plays candidates at the same time, and emits the events of their attempts as they come. Returns the candidates
    /// with their latest outcomes; those that passed are at the end. After an interrupt, candidates that have not ended
    /// keep the outcomes that they had before.
    async fn play_together(&mut self, group: VecDeque<Judged>) -> VecDeque<Judged> {
        // The channel needs no limit: each attempt sends only a few messages.
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let (settings, load) = (self.settings, Arc::clone(&self.load));
        let interrupt = self.interrupt.clone();
        let mut played: VecDeque<Judged> = {
            let lives: Vec<_> = group
                .iter()
                .map(|(item, _)| self.live(item.profile))
                .collect();
            let tasks = group.iter().zip(&lives).enumerate();
            let mut playing = stream::iter(tasks)
                .map(|(position, ((item, _), live))| {
                    let (sender, load) = (sender.clone(), &load);
                    async move {
                        let live = live.as_ref()?;
                        let report = |kind| {
                            // Sending can't fail: the receiver lives until the end of this function.
                            let _ = sender.send(kind);
                        };
                        Some((position, play(item, live, settings, load, report).await))
                    }
                })
                .buffer_unordered(AT_ONCE);
            let mut outcomes: Vec<_> = group.iter().map(|(_, before)| before.clone()).collect();
            loop {
                tokio::select! {
                    biased;
                    Some(kind) = receiver.recv() => self.emit(kind),
                    () = interrupt.cancelled() => break,
                    ended = playing.next() => match ended {
                        Some(Some((position, now))) => {
                            if let Some(outcome) = outcomes.get_mut(position) {
                                **outcome = now.outcome;
                            }
                        }
                        Some(None) => {}
                        None => break,
                    },
                }
            }
            drop(playing);
            let items = group.iter().map(|(item, _)| Arc::clone(item));
            items.zip(outcomes).collect()
        };
        played
            .make_contiguous()
            .sort_by_key(|(_, outcome)| outcome.verdict == Verdict::Pass);
        played
    }

    /// Returns true if a server on which these candidates ran is dead, and emits that.
    async fn killed_by(&mut self, group: &VecDeque<Judged>) -> bool {
        let mut is_dead = false;
        for profile in profiles(group) {
            if let Some(instance) = self.instances.get(&profile)
                && !instance.stays_alive().await
            {
                self.emit_death(profile);
                is_dead = true;
            }
        }
        is_dead
    }
}

/// Returns the profiles (variants of the target with other settings) on which these candidates run.
fn profiles(group: &VecDeque<Judged>) -> BTreeSet<Option<usize>> {
    group.iter().map(|(item, _)| item.profile).collect()
}
