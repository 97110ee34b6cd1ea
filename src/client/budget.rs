//! The memory that the connections of a run may take together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The limit of a budget that nobody has set, in bytes.
const DEFAULT: usize = 512_000_000;

/// The number of bytes that each connection may take even if the budget is used up. Without this share, a server that
/// floods one connection would end the quiet ones too.
const ALWAYS: usize = 64 << 10;

/// A limit on memory that many connections share. Clones share it.
///
/// Four fifths of the limit are for what the connections hold, by an estimate.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    /// Creates a budget of `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Account {
            limit,
            used: AtomicUsize::new(0),
        }))
    }

    /// Returns an empty share for one owner.
    pub(super) fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            bytes: 0,
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(DEFAULT)
    }
}

/// The part of a budget that one owner has taken. Its drop gives the part back.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    bytes: usize,
}

/// The budget is used up, and this owner holds more than a small share.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the connections of the run hold more than {limit} bytes together (`--memory`)")]
pub(super) struct OverBudget {
    limit: usize,
}

impl Share {
    /// Sets the number of bytes that the owner holds. The owner counts with this number also after an error, because it
    /// holds the memory already.
    ///
    /// # Errors
    ///
    /// Returns an error if the budget is used up; the owner has to give its memory back.
    pub(super) fn resize(&mut self, bytes: usize) -> Result<(), OverBudget> {
        if bytes == self.bytes {
            return Ok(());
        }
        let Account { limit, used } = &*self.budget.0;
        let before = std::mem::replace(&mut self.bytes, bytes);
        // The allocator and the runner itself need the rest.
        let threshold = limit / 5 * 4;
        let total = if bytes > before {
            let added = bytes - before;
            used.fetch_add(added, Ordering::Relaxed) + added
        } else {
            used.fetch_sub(before - bytes, Ordering::Relaxed);
            return Ok(());
        };
        if total > threshold && bytes > ALWAYS {
            return Err(OverBudget { limit: *limit });
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Giving memory back never fails.
        let _ = self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_share_one_limit_and_give_back_what_they_drop() {
        let budget = Budget::new(300_000);
        let (mut one, mut two) = (budget.share(), budget.clone().share());
        assert_eq!(one.resize(150_000), Ok(()));
        assert_eq!(two.resize(150_000), Err(OverBudget { limit: 300_000 }));
        drop(one);
        assert_eq!(two.resize(240_000), Ok(()));
        assert_eq!(two.resize(350_000), Err(OverBudget { limit: 300_000 }));
    }

    #[test]
    fn a_small_owner_goes_on_after_a_large_one_has_used_the_budget_up() {
        let budget = Budget::new(100_000);
        let mut large = budget.share();
        assert!(large.resize(200_000).is_err());
        assert_eq!(budget.share().resize(ALWAYS), Ok(()));
        assert!(budget.share().resize(ALWAYS + 1).is_err());
    }
}
