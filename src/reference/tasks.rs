//! The tasks of one server, owned in one place.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{task::JoinSet, time::timeout};

/// Owns every task of a server, so that none outlives it.
#[derive(Debug)]
pub(super) struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Tasks {
    /// No tasks yet.
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }

    /// Runs `future` until it ends or the server does; does nothing after [`Tasks::abort_all`].
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tasks) = tasks.as_mut() {
            // What has ended is let go of here: a server that idles keeps its last tasks' results,
            // which are empty.
            while tasks.try_join_next().is_some() {}
            tasks.spawn(future);
        }
    }

    /// Ends every task at its next await, and forbids further ones.
    pub(super) fn abort_all(&self) {
        drop(self.take());
    }

    /// Waits until all tasks have ended, `patience` at most; the rest is aborted.
    pub(super) async fn finish(&self, patience: Duration) {
        let Some(mut tasks) = self.take() else { return };
        let all = async { while tasks.join_next().await.is_some() {} };
        // Whether they ended or the time did, what is left is aborted when the set goes.
        let _ = timeout(patience, all).await;
    }

    fn take(&self) -> Option<JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
