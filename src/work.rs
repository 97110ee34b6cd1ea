//! Counts work in tests, so that a test can show that the work grows with the input and not with its square.

use std::{cell::RefCell, collections::BTreeMap};

thread_local! {
    /// The work that this thread has done, by kind.
    static DONE: RefCell<BTreeMap<&'static str, usize>> = RefCell::default();
}

/// Adds `amount` to the work of one kind.
pub(crate) fn count(kind: &'static str, amount: usize) {
    DONE.with_borrow_mut(|done| *done.entry(kind).or_default() += amount);
}

/// Runs `act` on this thread, and returns how much work of one kind it did.
pub(crate) fn counted(kind: &'static str, act: impl FnOnce()) -> usize {
    let so_far = || DONE.with_borrow(|done| done.get(kind).copied().unwrap_or_default());
    let before = so_far();
    act();
    so_far() - before
}

/// Checks that the work of one kind grows at most linearly: twice the input does at most twice the work, with a tenth
/// to spare. `act` gets the size of the input.
#[track_caller]
pub(crate) fn assert_linear(kind: &'static str, size: usize, act: impl Fn(usize)) {
    let (once, twice) = (counted(kind, || act(size)), counted(kind, || act(2 * size)));
    assert!(
        twice <= 2 * once + once / 10,
        "{kind}: {once} for {size}, {twice} for twice as many"
    );
}
