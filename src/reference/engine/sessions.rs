//! The sessions that are alive, by id.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Ending, Session};

/// The sessions of one server.
#[derive(Debug, Default)]
pub(in crate::reference) struct Sessions(Mutex<HashMap<Box<str>, Arc<Session>>>);

impl Sessions {
    /// None yet.
    pub(in crate::reference) fn new() -> Self {
        Self::default()
    }

    /// The session with this id.
    pub(in crate::reference) fn get(&self, sid: &str) -> Option<Arc<Session>> {
        self.lock().get(sid).cloned()
    }

    /// How many there are.
    pub(in crate::reference) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Makes a session known.
    pub(super) fn insert(&self, session: &Arc<Session>) {
        self.lock().insert(session.sid.clone(), Arc::clone(session));
    }

    /// Forgets a session.
    pub(super) fn remove(&self, sid: &str) {
        self.lock().remove(sid);
    }

    /// Ends every session.
    pub(in crate::reference) fn close_all(&self, ending: Ending) {
        for session in self.all() {
            session.close(ending);
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
