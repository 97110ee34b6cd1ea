//! The memory of the faults: values, called notes, that faults store about earlier requests and
//! events of one server.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// A type of key under which a fault stores values, called notes. The fields of the key say what
/// the notes are about, such as one socket.
///
/// Each topic (a file with a group of faults) declares its keys beside its hooks.
pub(super) trait ScratchKey: Any + Eq + Hash + Send {
    /// The type of the values that the fault stores under this key.
    type Note: Clone + Send;
}

/// What the faults of one server remember between two events: lists of values by key. The memory is
/// empty if no fault is active.
#[derive(Debug, Default)]
pub(in crate::reference) struct Scratch(Mutex<HashMap<TypeId, Box<dyn Any + Send>>>);

/// The values (notes) that faults have stored under the keys of one type. The values of each key
/// are sorted, oldest first.
type Notes<K> = HashMap<K, Vec<<K as ScratchKey>::Note>>;

impl Scratch {
    /// Stores one more value (a note) under the key. Returns the number of values that are then
    /// stored under this key.
    pub(super) fn add<K: ScratchKey>(&self, key: K, note: K::Note) -> usize {
        self.with(|all: &mut Notes<K>| {
            let notes = all.entry(key).or_default();
            notes.push(note);
            notes.len()
        })
    }

    /// Replaces all values (notes) that are stored under the key by `note`. Returns the newest of
    /// the replaced values.
    pub(super) fn replace<K: ScratchKey>(&self, key: K, note: K::Note) -> Option<K::Note> {
        let former = self.with(|all: &mut Notes<K>| all.insert(key, vec![note]));
        former.and_then(|mut notes| notes.pop())
    }

    /// Returns the oldest value (note) that is stored under the key.
    pub(super) fn first<K: ScratchKey>(&self, key: &K) -> Option<K::Note> {
        self.with(|all: &mut Notes<K>| all.get(key)?.first().cloned())
    }

    /// Returns the newest value (note) that is stored under the key.
    pub(super) fn last<K: ScratchKey>(&self, key: &K) -> Option<K::Note> {
        self.with(|all: &mut Notes<K>| all.get(key)?.last().cloned())
    }

    /// Returns the number of values (notes) that are stored under the key.
    pub(super) fn count<K: ScratchKey>(&self, key: &K) -> usize {
        self.with(|all: &mut Notes<K>| all.get(key).map_or(0, Vec::len))
    }

    /// Removes and returns all values (notes) that are stored under the key, oldest first.
    pub(super) fn take<K: ScratchKey>(&self, key: &K) -> Vec<K::Note> {
        self.with(|all: &mut Notes<K>| all.remove(key).unwrap_or_default())
    }

    /// Removes and returns the oldest value (note) that is stored under the key.
    pub(super) fn take_first<K: ScratchKey>(&self, key: &K) -> Option<K::Note> {
        self.with(|all: &mut Notes<K>| {
            let notes = all.get_mut(key)?;
            (!notes.is_empty()).then(|| notes.remove(0))
        })
    }

    fn with<K: ScratchKey, R>(&self, access: impl FnOnce(&mut Notes<K>) -> R) -> R {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let notes = kinds
            .entry(TypeId::of::<K>())
            .or_insert_with(|| Box::new(Notes::<K>::new()));
        match notes.downcast_mut() {
            Some(notes) => access(notes),
            None => unreachable!("the notes of each kind of key are stored under its type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Eq, Hash, PartialEq)]
    struct Seen(u8);

    impl ScratchKey for Seen {
        type Note = &'static str;
    }

    #[derive(Eq, Hash, PartialEq)]
    struct Sent(u8);

    impl ScratchKey for Sent {
        type Note = u64;
    }

    #[test]
    fn each_key_has_notes_of_its_own() {
        let scratch = Scratch::default();
        assert_eq!(scratch.add(Seen(1), "a"), 1);
        assert_eq!(scratch.add(Seen(1), "b"), 2);
        scratch.add(Sent(1), 7);
        assert_eq!(scratch.first(&Seen(1)), Some("a"));
        assert_eq!(scratch.last(&Seen(1)), Some("b"));
        assert_eq!(scratch.count(&Seen(2)), 0);
        assert_eq!(scratch.take_first(&Seen(1)), Some("a"));
        assert_eq!(scratch.replace(Seen(1), "c"), Some("b"));
        assert_eq!(scratch.take(&Seen(1)), ["c"]);
        assert_eq!(scratch.take_first(&Seen(1)), None);
        assert_eq!(scratch.take(&Sent(1)), [7]);
    }
}
