//! The memory that the connections of a run may take together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The limit of [`Budget::default`] in bytes, for commands without the option `--memory`, such as `probe`.
const DEFAULT: usize = 512_000_000;

/// The number of bytes that each connection may take even if the budget is used up. Without this share, a server that
/// floods one connection would end the quiet ones too.
const ALWAYS: usize = 64 << 10;

/// A limit on the memory that all connections of a run may take together. Clones share the limit.
///
/// The memory that a connection holds is estimated. All estimates together may reach half of the limit.
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

    /// Returns the share of one owner of memory, such as a journal. The new share counts 0 bytes.
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

/// The part of a budget that one owner of memory, such as a journal, has taken. Dropping the share gives the part back.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    bytes: usize,
}

/// The error that the budget is used up, for an owner that holds more than [`ALWAYS`] bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the budget of {limit} bytes is used up")]
pub(super) struct OverBudget {
    /// The budget in bytes.
    pub(super) limit: usize,
}

impl Share {
    /// Sets the number of bytes that the owner of this share holds. These bytes count towards the budget even after an
    /// error, because the owner has already allocated them.
    ///
    /// # Errors
    ///
    /// Returns an error if the budget is used up and the owner holds more than [`ALWAYS`] bytes. The owner then has to
    /// give its memory back.
    pub(super) fn resize(&mut self, bytes: usize) -> Result<(), OverBudget> {
        if bytes == self.bytes {
            return Ok(());
        }
        let Account { limit, used } = &*self.budget.0;
        let before = std::mem::replace(&mut self.bytes, bytes);
        // The other half of the limit is left to sockspec itself and to the allocator: it keeps freed memory for each
        // thread, and a flood of small events fills and empties each thread's part at another time.
        let threshold = limit / 2;
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
        // The result is ignored, because giving memory back never fails.
        let _ = self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_share_one_limit_and_give_back_what_they_drop() {
        let budget = Budget::new(500_000);
        let (mut one, mut two) = (budget.share(), budget.clone().share());
        assert_eq!(one.resize(150_000), Ok(()));
        assert_eq!(two.resize(150_000), Err(OverBudget { limit: 500_000 }));
        drop(one);
        assert_eq!(two.resize(240_000), Ok(()));
        assert_eq!(two.resize(350_000), Err(OverBudget { limit: 500_000 }));
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
