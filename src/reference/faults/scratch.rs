//! What defects remember from one event to the next.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::data::Data;

/// Notes of one server's defects. The right code never writes any.
#[derive(Debug, Default)]
pub(in crate::reference) struct Scratch(Mutex<HashMap<String, Vec<Data>>>);

impl Scratch {
    /// Adds a note; returns how many there are under that name.
    pub(super) fn add(&self, name: impl Into<String>, note: impl Into<Data>) -> usize {
        let mut notes = self.lock();
        let notes = notes.entry(name.into()).or_default();
        notes.push(note.into());
        notes.len()
    }

    /// Replaces the notes under a name by one; returns the last of them.
    pub(super) fn replace(&self, name: impl Into<String>, note: impl Into<Data>) -> Option<Data> {
        let former = self.lock().insert(name.into(), vec![note.into()]);
        former.and_then(|mut notes| notes.pop())
    }

    /// The first note under a name.
    pub(super) fn first(&self, name: &str) -> Option<Data> {
        self.lock().get(name)?.first().cloned()
    }

    /// The last note under a name.
    pub(super) fn last(&self, name: &str) -> Option<Data> {
        self.lock().get(name)?.last().cloned()
    }

    /// How many notes there are under a name.
    pub(super) fn count(&self, name: &str) -> usize {
        self.lock().get(name).map_or(0, Vec::len)
    }

    /// Takes the notes under a name, oldest first.
    pub(super) fn take(&self, name: &str) -> Vec<Data> {
        self.lock().remove(name).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Data>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
