//! Waiting for something in a journal: every wait has a deadline and ends at the moment of arrival.

use tokio::time::{Instant, timeout_at};

use crate::client::{Ended, Entry, Journal, What};

/// How a wait ended.
#[derive(Debug)]
pub(super) enum Waited<T> {
    /// It came.
    Found(T),
    /// The connection ended first.
    Ended(Ended),
    /// The deadline passed.
    TimedOut,
}

/// Waits until `pick` finds something in the entries from index `from` on.
///
/// Each entry is shown to `pick` once, in order. The journal is locked meanwhile.
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
