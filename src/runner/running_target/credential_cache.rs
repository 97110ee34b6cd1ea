//! Caches the credentials of a running target, so that they are minted (created and signed) at most once a second.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::targets::Minted;

/// The credentials that were minted last, and the second in which they were minted.
///
/// The times in tokens are whole seconds, so all attempts that start in the same second get the same tokens.
#[derive(Debug, Default)]
pub(in crate::runner) struct CredentialCache(Mutex<Option<(i64, Arc<Minted>)>>);

impl CredentialCache {
    /// Returns the credentials that were minted in the same second as `now`, or calls `mint` if there are none. The
    /// times in tokens are whole seconds, so minting more often would give the same tokens.
    pub(in crate::runner) fn get(
        &self,
        now: Timestamp,
        mint: impl FnOnce() -> Minted,
    ) -> Arc<Minted> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((second, minted)) if *second == now.as_second() => Arc::clone(minted),
            _ => {
                let minted = Arc::new(mint());
                *last = Some((now.as_second(), Arc::clone(&minted)));
                minted
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_minted_once_a_second() {
        let cache = CredentialCache::default();
        let mut mintings = 0;
        for milliseconds in [1_000, 1_999, 2_000, 2_001, 1_500] {
            let now = Timestamp::from_millisecond(milliseconds).unwrap();
            cache.get(now, || {
                mintings += 1;
                Minted::default()
            });
        }
        assert_eq!(mintings, 3);
    }
}
