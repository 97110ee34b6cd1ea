//! The set of the tokio tasks that one server runs.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::task::JoinSet;

use crate::clock;

/// Owns all tasks of a server, so that no task outlives the server.
#[derive(Debug)]
pub(super) struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Tasks {
    /// Creates an empty set of tasks.
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }

    /// Runs `future` until it ends or the server stops. Does nothing after [`Tasks::abort_all`].
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tasks) = tasks.as_mut() {
            // Remove the tasks that have ended, so that the set does not grow with every
            // connection. An idle server keeps the results of its last tasks, which are empty.
            while tasks.try_join_next().is_some() {}
            tasks.spawn(future);
        }
    }

    /// Aborts all tasks at their next await, and refuses new ones.
    pub(super) fn abort_all(&self) {
        drop(self.take());
    }

    /// Waits at most `patience` until all tasks have ended, then aborts the tasks that still run.
    pub(super) async fn finish(&self, patience: Duration) {
        let Some(mut tasks) = self.take() else { return };
        let all = async { while tasks.join_next().await.is_some() {} };
        // A timeout needs no handling: dropping the set aborts the tasks that are left.
        let _ = clock::within(patience, all).await;
    }

    fn take(&self) -> Option<JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
