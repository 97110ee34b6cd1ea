//! A set of indices of journal entries, with one bit of memory for each entry of the journal.

/// The number of indices in one word.
const BITS: usize = u64::BITS as usize;

/// A set of indices of journal entries. A journal has tens of thousands of entries, and a link has several such sets,
/// so the set takes one bit for each index up to the largest one.
#[derive(Clone, Debug, Default)]
pub(in crate::runner) struct IndexSet {
    words: Vec<u64>,
    /// The number of words at the start of `words` that are empty. Steps mostly claim entries in the order of the
    /// journal, so a search that skips these words takes no longer when the journal grows.
    empty: usize,
}

impl IndexSet {
    /// Adds an index.
    pub(in crate::runner) fn insert(&mut self, index: usize) {
        let word = index / BITS;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(bits) = self.words.get_mut(word) {
            *bits |= bit(index);
        }
        self.empty = self.empty.min(word);
    }

    /// Removes an index. Does nothing if the set does not contain the index.
    pub(in crate::runner) fn remove(&mut self, index: usize) {
        if let Some(bits) = self.words.get_mut(index / BITS) {
            *bits &= !bit(index);
        }
        while self.words.get(self.empty) == Some(&0) {
            self.empty += 1;
        }
    }

    /// Returns true if the set contains the index.
    pub(in crate::runner) fn contains(&self, index: usize) -> bool {
        let bits = self.words.get(index / BITS);
        bits.is_some_and(|bits| bits & bit(index) != 0)
    }

    /// Returns the indices in the set from index `from` on, in order.
    pub(in crate::runner) fn from(&self, from: usize) -> impl Iterator<Item = usize> {
        let first = self.empty.max(from / BITS);
        let words = self.words.iter().enumerate().skip(first);
        words.flat_map(move |(word, bits)| {
            let start = word * BITS;
            let earlier = from.saturating_sub(start);
            let mut rest = match earlier {
                0 => *bits,
                // `first` leaves out all words with indices below `from` only.
                _ => bits & (u64::MAX << earlier),
            };
            std::iter::from_fn(move || {
                let next = rest.trailing_zeros() as usize;
                // Clears the lowest bit of `rest`.
                rest &= rest.checked_sub(1)?;
                Some(start + next)
            })
        })
    }
}

/// Returns the bit of an index in its word.
const fn bit(index: usize) -> u64 {
    1 << (index % BITS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_index_set_holds_what_an_ordinary_set_holds(
            changes in prop::collection::vec((any::<bool>(), 0_usize..400), 0..200),
            from in 0_usize..500,
        ) {
            let (mut set, mut ordinary) = (IndexSet::default(), BTreeSet::new());
            for (is_added, index) in changes {
                if is_added {
                    set.insert(index);
                    ordinary.insert(index);
                } else {
                    set.remove(index);
                    ordinary.remove(&index);
                }
                prop_assert_eq!(set.contains(index), is_added);
            }
            prop_assert!(set.from(from).eq(ordinary.range(from..).copied()));
            prop_assert!((0..500).all(|index| set.contains(index) == ordinary.contains(&index)));
        }
    }

    #[test]
    fn a_search_skips_what_was_removed_in_order() {
        let mut set = IndexSet::default();
        (0..1_000).for_each(|index| set.insert(index));
        (0..990).for_each(|index| set.remove(index));
        assert_eq!(set.empty, 990 / BITS);
        assert!(set.from(0).eq(990..1_000));
        set.insert(3);
        assert_eq!(set.from(0).next(), Some(3));
    }
}
