//! What the faults of one server remember from one event to the next.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// A kind of note; its fields say what the note is about, such as a socket.
///
/// The topic that takes the notes declares the key beside its hooks.
pub(super) trait ScratchKey: Any + Eq + Hash + Send {
    /// The value that is noted.
    type Note: Clone + Send;
}

/// The notes of one server's faults, by key. Without faults nothing is ever noted.
#[derive(Debug, Default)]
pub(in crate::reference) struct Scratch(Mutex<HashMap<TypeId, Box<dyn Any + Send>>>);

/// The notes under all keys of one kind, oldest first.
type Notes<K> = HashMap<K, Vec<<K as ScratchKey>::Note>>;

impl Scratch {
    /// Adds a note; returns the number of notes that the key has with it.
    pub(super) fn add<K: ScratchKey>(&self, key: K, note: K::Note) -> usize {
        self.with(|all: &mut Notes<K>| {
            let notes = all.entry(key).or_default();
            notes.push(note);
            notes.len()
        })
    }

    /// Replaces the notes of the key by one; returns the last of the former notes.
    pub(super) fn replace<K: ScratchKey>(&self, key: K, note: K::Note) -> Option<K::Note> {
        let former = self.with(|all: &mut Notes<K>| all.insert(key, vec![note]));
        former.and_then(|mut notes| notes.pop())
    }

    /// Returns the first note of the key.
    pub(super) fn first<K: ScratchKey>(&self, key: &K) -> Option<K::Note> {
        self.with(|all: &mut Notes<K>| all.get(key)?.first().cloned())
    }

    /// Returns the last note of the key.
    pub(super) fn last<K: ScratchKey>(&self, key: &K) -> Option<K::Note> {
        self.with(|all: &mut Notes<K>| all.get(key)?.last().cloned())
    }

    /// Returns the number of notes that the key has.
    pub(super) fn count<K: ScratchKey>(&self, key: &K) -> usize {
        self.with(|all: &mut Notes<K>| all.get(key).map_or(0, Vec::len))
    }

    /// Removes and returns the notes of the key, oldest first.
    pub(super) fn take<K: ScratchKey>(&self, key: &K) -> Vec<K::Note> {
        self.with(|all: &mut Notes<K>| all.remove(key).unwrap_or_default())
    }

    /// Removes and returns the oldest note of the key.
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
