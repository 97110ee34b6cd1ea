//! Waiting for an entry of a journal, with a deadline.

use tokio::time::{Instant, timeout_at};

use crate::client::{Ended, Entry, Journal, What};

/// The result of a wait.
#[derive(Debug)]
pub(super) enum Waited<T> {
    /// The entry came.
    Found(T),
    /// The connection ended first.
    Ended(Ended),
    /// The deadline passed.
    TimedOut,
}

/// Waits until `pick` returns a value for an entry, from index `from` on.
///
/// Calls `pick` once for each entry, in order, while the journal is locked.
pub(super) async fn wait_in<T>(
    journal: &Journal,
    mut from: usize,
    deadline: Instant,
    mut pick: impl FnMut(usize, &Entry) -> Option<T> + Send,
) -> Waited<T> {
    loop {
        {
            let entries = journal.entries();
            for (index, entry) in entries.iter().enumerate().skip(from) {
                if let Some(found) = pick(index, entry) {
                    return Waited::Found(found);
                }
                if let What::Ended(ended) = &entry.what {
                    return Waited::Ended(ended.clone());
                }
            }
            from = entries.len();
        }
        if timeout_at(deadline, journal.longer_than(from))
            .await
            .is_err()
        {
            return Waited::TimedOut;
        }
    }
}
