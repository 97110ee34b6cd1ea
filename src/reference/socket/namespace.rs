//! The namespaces of one server.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Socket, SocketId, recovery::Recovery};
use crate::{
    reference::{
        FaultSet,
        app::{self, Access},
        rooms::{Departed, Rooms},
    },
    wire::socket_io::AckId,
};

/// Namespaces from which on the empty ones are swept out.
const SWEEP_FROM: usize = 64;

/// One namespace and who is in it.
#[derive(Debug)]
pub(in crate::reference) struct Namespace {
    name: Box<str>,
    access: Access,
    rooms: Mutex<Rooms>,
    next_question: AtomicU64,
    recovery: Option<Recovery>,
}

/// The namespaces of one server, made when somebody asks for them.
#[derive(Debug)]
pub(in crate::reference) struct Namespaces {
    table: Mutex<Table>,
    /// How long a client can come back to its session.
    recovery: Option<Duration>,
}

#[derive(Debug, Default)]
struct Table {
    by_name: HashMap<Box<str>, Arc<Namespace>>,
    sweep_at: usize,
}

impl Namespaces {
    /// None yet.
    pub(in crate::reference) fn new(recovery: Option<Duration>) -> Self {
        Self {
            table: Mutex::default(),
            recovery,
        }
    }

    /// The namespace `name`, if the application has it.
    pub(in crate::reference) fn find(
        &self,
        name: &str,
        faults: &FaultSet,
    ) -> Option<Arc<Namespace>> {
        let mut table = self.lock();
        if let Some(known) = table.by_name.get(name) {
            return Some(Arc::clone(known));
        }
        let access = app::access(name, faults)?;
        if table.by_name.len() >= table.sweep_at.max(SWEEP_FROM) {
            // Anybody can make up names; a namespace that only this table knows is empty.
            table
                .by_name
                .retain(|_, namespace| Arc::strong_count(namespace) > 1 || namespace.is_awaited());
            table.sweep_at = table.by_name.len() * 2;
        }
        let namespace = Arc::new(Namespace {
            name: name.into(),
            access,
            rooms: Mutex::new(Rooms::default()),
            next_question: AtomicU64::new(0),
            recovery: self.recovery.map(Recovery::new),
        });
        table.by_name.insert(name.into(), Arc::clone(&namespace));
        Some(namespace)
    }

    /// All namespaces that exist.
    pub(in crate::reference) fn all(&self) -> Vec<Arc<Namespace>> {
        self.lock().by_name.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Namespace {
    /// Its name, `/` being the main one.
    pub(in crate::reference) fn name(&self) -> &str {
        &self.name
    }

    /// Who gets in.
    pub(in crate::reference) fn access(&self) -> Access {
        self.access
    }

    /// The rooms, locked: what is sent meanwhile comes before any later change.
    pub(in crate::reference) fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id that no pending question of this namespace has.
    pub(in crate::reference) fn next_question(&self) -> AckId {
        AckId(self.next_question.fetch_add(1, Ordering::Relaxed))
    }

    /// The first id that no question of this namespace has had.
    pub(in crate::reference) fn asked(&self) -> AckId {
        AckId(self.next_question.load(Ordering::Relaxed))
    }

    /// What clients can come back to, if they can.
    pub(in crate::reference) fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// Whether somebody may come back to it.
    fn is_awaited(&self) -> bool {
        self.recovery.as_ref().is_some_and(Recovery::is_awaited)
    }

    /// The socket with this id.
    pub(in crate::reference) fn socket(&self, id: &SocketId) -> Option<Arc<Socket>> {
        self.rooms().socket(id).cloned()
    }

    /// Takes a socket out of everything; returns who watched its rooms.
    pub(super) fn remove(&self, socket: &Socket, reason: &str) -> Departed {
        let mut rooms = self.rooms();
        if let Some(recovery) = &self.recovery {
            recovery.left(socket, rooms.of(socket.id()), reason);
        }
        rooms.remove(socket.id())
    }
}
