//! Runs the trials of a proof: in simulated time on all cores, or in real time over TCP.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tokio::{
    sync::{
        Semaphore,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::trial::Trial;
use crate::{
    net::Network,
    runner::{record::outcome::Outcome, running_target::host::StartError, settings::Settings},
    simulation,
};

/// How the trials of a proof run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proving {
    /// Over TCP and in real time, as against any other server.
    Real,
    /// Over streams in memory and in simulated time: no real waits, and the same result for the same seed.
    Simulated,
}

/// The index of a trial, and its outcome. The outcome is missing if the trial panicked.
type Judged = (usize, Result<Option<Outcome>, StartError>);

/// The running and waiting trials of a proof. If this value is dropped, no more trials start.
#[derive(Debug)]
pub(super) struct TrialsUnderWay {
    // The channel needs no limit: each trial sends at most one message.
    judged: UnboundedReceiver<Judged>,
    interrupt: CancellationToken,
    /// Owns the tasks of the trials that run in real time, so that dropping this value aborts them.
    _tasks: JoinSet<()>,
}

impl TrialsUnderWay {
    /// Starts all trials, `settings.jobs` of them at the same time.
    ///
    /// # Errors
    ///
    /// Returns an error if a thread can't be started.
    pub(in crate::runner) fn start(
        trials: Vec<Trial>,
        settings: &Settings,
        proving: Proving,
    ) -> io::Result<Self> {
        let (sender, judged) = unbounded_channel();
        let interrupt = CancellationToken::new();
        let settings = Arc::new(settings.clone());
        let tasks = match proving {
            Proving::Real => start_tasks(trials, &settings, &sender),
            Proving::Simulated => {
                start_threads(trials, &settings, &sender, &interrupt)?;
                JoinSet::new()
            }
        };
        Ok(Self {
            judged,
            interrupt,
            _tasks: tasks,
        })
    }

    /// Waits for the next outcome; returns `None` after the last one. Cancel-safe.
    pub(in crate::runner) async fn next(&mut self) -> Option<Judged> {
        self.judged.recv().await
    }
}

impl Drop for TrialsUnderWay {
    fn drop(&mut self) {
        self.interrupt.cancel();
    }
}

/// Starts a task for each trial.
fn start_tasks(
    trials: Vec<Trial>,
    settings: &Arc<Settings>,
    sender: &UnboundedSender<Judged>,
) -> JoinSet<()> {
    let seats = Arc::new(Semaphore::new(settings.jobs.max(1)));
    let mut tasks = JoinSet::new();
    for (index, trial) in trials.into_iter().enumerate() {
        let (seats, settings) = (Arc::clone(&seats), Arc::clone(settings));
        let sender = sender.clone();
        tasks.spawn(async move {
            let Ok(_seat) = seats.acquire_owned().await else {
                unreachable!("the semaphore is never closed")
            };
            let outcome = trial.run(&settings).await.map(Some);
            // Sending fails only if the proof was interrupted; nobody needs the outcome then.
            let _ = sender.send((index, outcome));
        });
    }
    tasks
}

/// Starts the threads, each of which runs one trial after another.
fn start_threads(
    trials: Vec<Trial>,
    settings: &Arc<Settings>,
    sender: &UnboundedSender<Judged>,
    interrupt: &CancellationToken,
) -> io::Result<()> {
    let trials = Arc::new(trials);
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..settings.jobs.clamp(1, trials.len().max(1)) {
        let (trials, settings) = (Arc::clone(&trials), Arc::clone(settings));
        let (next, sender) = (Arc::clone(&next), sender.clone());
        let interrupt = interrupt.clone();
        thread::Builder::new()
            .name("proof".to_owned())
            .spawn(move || {
                while !interrupt.is_cancelled() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trial) = trials.get(index) else {
                        break;
                    };
                    let outcome = simulate(trial.clone(), &settings);
                    // Sending fails only if the proof was interrupted; nobody needs the outcome then.
                    let _ = sender.send((index, outcome));
                }
            })?;
    }
    Ok(())
}

/// Runs one trial on this thread, in simulated time and on its own network.
fn simulate(trial: Trial, settings: &Arc<Settings>) -> Result<Option<Outcome>, StartError> {
    let settings = Arc::clone(settings);
    let simulated = simulation::run(settings.seed, async move {
        let trial = trial.on(Network::memory());
        // The trial has its own task, so that a panic ends the trial and not the thread.
        tokio::spawn(async move { trial.run(&settings).await }).await
    });
    match simulated.map_err(StartError::Embedded)? {
        Ok(outcome) => outcome.map(Some),
        Err(_) => Ok(None),
    }
}
