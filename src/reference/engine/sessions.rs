//! The open sessions of one server, by id.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Ending, Session};

/// The open sessions of one server, by id.
#[derive(Debug, Default)]
pub(in crate::reference) struct Sessions(Mutex<HashMap<Box<str>, Arc<Session>>>);

impl Sessions {
    /// Returns a table without sessions.
    pub(in crate::reference) fn new() -> Self {
        Self::default()
    }

    /// Returns the session with this id.
    pub(in crate::reference) fn get(&self, sid: &str) -> Option<Arc<Session>> {
        self.lock().get(sid).cloned()
    }

    /// Returns the number of sessions.
    pub(in crate::reference) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Adds a session.
    pub(super) fn insert(&self, session: &Arc<Session>) {
        self.lock().insert(session.sid.clone(), Arc::clone(session));
    }

    /// Removes a session.
    pub(super) fn remove(&self, sid: &str) {
        self.lock().remove(sid);
    }

    /// Closes every session.
    pub(in crate::reference) fn close_all(&self, ending: Ending) {
        for session in self.all() {
            session.close(ending);
        }
    }

    /// Returns all sessions.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
