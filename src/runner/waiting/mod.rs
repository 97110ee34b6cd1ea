//! Waits for what a server sends, always with a deadline.

pub(super) mod late;
pub(super) mod lawful_wait;
pub(super) mod ping;

use tokio::time::Instant;

use crate::{
    client::{Ended, Entry, Journal, What},
    clock,
    runner::{clients::Link, journal::received::Sort},
};

/// The result of waiting for a journal entry.
#[derive(Debug)]
pub(super) enum Waited<T> {
    /// The caller's function `pick` returned a value for a journal entry. Holds the value.
    Found(T),
    /// The connection ended before `pick` returned a value.
    Ended(Ended),
    /// The deadline passed before `pick` returned a value.
    TimedOut,
}

/// Waits until the function `pick` returns a value for a journal entry, from index `from` on.
///
/// Calls `pick` once for each entry, in order, while the journal is locked. Entries that are in the journal when the
/// deadline passes still count, because the task may have been delayed.
pub(super) async fn wait_in<T>(
    journal: &Journal,
    mut from: usize,
    deadline: Instant,
    mut pick: impl FnMut(usize, &Entry) -> Option<T> + Send,
) -> Waited<T> {
    let mut is_over = false;
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
        if is_over {
            return Waited::TimedOut;
        }
        is_over = clock::before(deadline, journal.longer_than(from))
            .await
            .is_err();
    }
}

/// The number of entries that [`find_waiting`] looks up at once at first.
const FIRST_BATCH: usize = 16;

/// Passes to `pick` the entries of one kind, from index `from` on, that no step has claimed or answered.
///
/// Calls `pick` once for each of these entries, in order, while the journal is locked.
///
/// # Errors
///
/// Returns the index of the next journal entry if `pick` returned no value and the connection is open.
fn find_waiting<T>(
    link: &Link,
    sort: Sort<'_>,
    mut from: usize,
    mut pick: impl FnMut(usize, &Entry) -> Option<T>,
) -> Result<Waited<T>, usize> {
    // Mostly one of the first entries is picked, so the lookups begin with few entries. The state is locked only during
    // a lookup, because `pick` locks the state too.
    let mut batch = FIRST_BATCH;
    loop {
        let mut state = link.state();
        let entries = link.connection.journal().entries();
        state.received.read(&entries);
        let waiting: Vec<_> = state.received.waiting(sort, from).take(batch).collect();
        drop(state);
        #[cfg(test)]
        crate::work::count("looked up entries", waiting.len());
        for index in &waiting {
            if let Some(entry) = entries.get(*index)
                && let Some(found) = pick(*index, entry)
            {
                return Ok(Waited::Found(found));
            }
        }
        if waiting.len() == batch {
            from = waiting.last().map_or(from, |last| last + 1);
            batch *= 2;
            continue;
        }
        return match entries.last().map(|entry| &entry.what) {
            Some(What::Ended(ended)) => Ok(Waited::Ended(ended.clone())),
            _ => Err(entries.len().max(from)),
        };
    }
}
