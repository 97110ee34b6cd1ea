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
        rooms,
    },
    wire::socket_io::AckId,
};

/// The number of namespaces at which the server starts to remove empty ones.
const SWEEP_FROM: usize = 64;

/// The sockets of one namespace and their rooms.
pub(in crate::reference) type Rooms = rooms::Rooms<Socket>;

/// The watched rooms that a socket was in when it left, each with the sockets that watch the room.
pub(in crate::reference) type Departed = rooms::Departed<Socket>;

/// The application's code for a socket that has left its namespace. Gets the socket, the watched
/// rooms that it was in, and the reason.
pub(in crate::reference) type LeaveHandler = fn(&Socket, &Departed, &str);

/// One namespace and the sockets in it.
#[derive(Debug)]
pub(in crate::reference) struct Namespace {
    name: Box<str>,
    access: Access,
    rooms: Mutex<Rooms>,
    next_question: AtomicU64,
    recovery: Option<Recovery>,
    on_leave: LeaveHandler,
}

/// The namespaces of one server, each created at the first CONNECT to it.
#[derive(Debug)]
pub(in crate::reference) struct Namespaces {
    table: Mutex<Table>,
    /// How long a client can recover its session; `None` if it can't.
    recovery: Option<Duration>,
    on_leave: LeaveHandler,
}

#[derive(Debug, Default)]
struct Table {
    by_name: HashMap<Box<str>, Arc<Namespace>>,
    sweep_at: usize,
}

impl Namespaces {
    /// Returns a table without namespaces.
    pub(in crate::reference) fn new(recovery: Option<Duration>, on_leave: LeaveHandler) -> Self {
        Self {
            table: Mutex::default(),
            recovery,
            on_leave,
        }
    }

    /// Returns the namespace `name`; `None` if the application does not have it.
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
            // Clients can create any number of dynamic namespaces, so the server removes empty
            // ones. A namespace is empty if only this table has a reference to it.
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
            on_leave: self.on_leave,
        });
        if faults.creation_time(name).is_none() {
            table.by_name.insert(name.into(), Arc::clone(&namespace));
        }
        Some(namespace)
    }

    /// Adds a namespace that took time to create, and replaces the one of the same name.
    pub(super) fn add(&self, namespace: &Arc<Namespace>) {
        let name = namespace.name.clone();
        self.lock().by_name.insert(name, Arc::clone(namespace));
    }

    /// Returns all namespaces.
    pub(in crate::reference) fn all(&self) -> Vec<Arc<Namespace>> {
        self.lock().by_name.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Namespace {
    /// Returns the name; `/` is the main namespace.
    pub(in crate::reference) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the clients that the namespace accepts.
    pub(in crate::reference) fn access(&self) -> Access {
        self.access
    }

    /// Locks and returns the rooms. Packets that are queued while the lock is held precede all
    /// later changes of the rooms.
    pub(in crate::reference) fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a new acknowledgement id for a question. No open question of this namespace has this
    /// id.
    pub(in crate::reference) fn next_question(&self) -> AckId {
        AckId(self.next_question.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns the lowest acknowledgement id that no question of this namespace has had.
    pub(in crate::reference) fn next_unused_id(&self) -> AckId {
        AckId(self.next_question.load(Ordering::Relaxed))
    }

    /// Returns the kept sessions and events for connection state recovery; `None` if recovery is
    /// off.
    pub(in crate::reference) fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// Returns true if a client can still recover a session in this namespace.
    fn is_awaited(&self) -> bool {
        self.recovery.as_ref().is_some_and(Recovery::is_awaited)
    }

    /// Returns the socket with this id.
    pub(in crate::reference) fn socket(&self, id: &SocketId) -> Option<Arc<Socket>> {
        self.rooms().socket(id).cloned()
    }

    /// Removes a socket from the namespace, and runs the application's code for a socket that has
    /// left.
    pub(super) fn remove(&self, socket: &Socket, reason: &str) {
        let departed = self.take_out(socket, reason);
        socket.faults().note_offline(socket);
        (self.on_leave)(socket, &departed, reason);
    }

    fn take_out(&self, socket: &Socket, reason: &str) -> Departed {
        let mut rooms = self.rooms();
        if let Some(recovery) = &self.recovery
            && let Some(pid) = socket.pid()
        {
            let kept = socket.to_kept(pid, rooms.of(socket.id()));
            if let Some(kept) = socket.faults().alter_kept(socket, kept) {
                recovery.keep_session(kept, reason, socket.faults());
            }
        }
        rooms.remove(socket.id())
    }
}
