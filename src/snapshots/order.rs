//! The order of what two lists hold together.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

/// Returns every item of both lists once: in the order of `new`, and what only `old` holds behind the item that it
/// follows there.
pub(super) fn joined<T: Clone + Eq + Hash>(old: &[T], new: &[T]) -> Vec<T> {
    let kept: HashSet<&T> = new.iter().collect();
    let only_old = |from: usize| {
        let rest = old.iter().skip(from);
        rest.take_while(|item| !kept.contains(item)).cloned()
    };
    let places: HashMap<&T, usize> = old.iter().zip(0..).collect();
    let mut joined: Vec<T> = only_old(0).collect();
    for item in new {
        joined.push(item.clone());
        if let Some(place) = places.get(item) {
            joined.extend(only_old(place + 1));
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_old_list_holds_keeps_its_neighbour() {
        let joined = |old: &str, new: &str| -> String {
            let (old, new): (Vec<_>, Vec<_>) = (old.chars().collect(), new.chars().collect());
            joined(&old, &new).into_iter().collect()
        };
        assert_eq!(joined("abcd", "bd"), "abcd");
        assert_eq!(joined("abc", "cxb"), "acxb");
        assert_eq!(joined("ab", ""), "ab");
        assert_eq!(joined("", "ab"), "ab");
    }
}
