//! Counts units of work in tests, such as copied values, so that a test can show that the work grows linearly with the
//! size of the input.

use std::{cell::RefCell, collections::BTreeMap};

thread_local! {
    /// The number of units of work that this thread has done, by the name of the kind of work.
    static DONE: RefCell<BTreeMap<&'static str, usize>> = RefCell::default();
}

/// Adds `amount` to the count of the kind of work named `kind`.
pub(crate) fn count(kind: &'static str, amount: usize) {
    DONE.with_borrow_mut(|done| *done.entry(kind).or_default() += amount);
}

/// Runs `act` on this thread. Returns how much work of the kind named `kind` it did.
pub(crate) fn counted(kind: &'static str, act: impl FnOnce()) -> usize {
    let so_far = || DONE.with_borrow(|done| done.get(kind).copied().unwrap_or_default());
    let before = so_far();
    act();
    so_far() - before
}

/// Checks that the work of one kind grows at most linearly with the input: for an input of twice the size, `act` may do
/// at most 2.1 times the work. `act` gets the size of the input.
#[track_caller]
pub(crate) fn assert_linear(kind: &'static str, size: usize, act: impl Fn(usize)) {
    let (once, twice) = (counted(kind, || act(size)), counted(kind, || act(2 * size)));
    assert!(
        twice <= 2 * once + once / 10,
        "{kind}: {once} for {size}, {twice} for twice as many"
    );
}
