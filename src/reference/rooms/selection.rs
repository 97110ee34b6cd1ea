//! The selection of the sockets that get an event.

use std::sync::Arc;

use crate::reference::engine::Delivery;

/// Selects the sockets that get an event: the members of any of `rooms` that are in none of
/// `except`.
#[derive(Clone, Debug, Default)]
pub(in crate::reference) struct Selection {
    /// The rooms; an empty list selects the whole namespace.
    pub(in crate::reference) rooms: Vec<String>,
    /// The rooms whose members are left out. The room of a socket's own id leaves out that socket.
    pub(in crate::reference) except: Vec<String>,
    /// Whether the event waits or is dropped if it can't be written to a client at once.
    pub(in crate::reference) delivery: Delivery,
    /// The servers of a cluster that the event reaches.
    pub(in crate::reference) reach: Reach,
    /// Whether the event goes to the members of `rooms`, or to the socket that has the room's name
    /// as its id.
    pub(in crate::reference) addressee: Addressee,
}

/// Whether an event goes to the members of a room, or only to the socket that has the room's name
/// as its id.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) enum Addressee {
    /// The event goes to all members of the room.
    #[default]
    Members,
    /// The event goes only to the socket whose id is the name of the room.
    Socket,
}

/// The servers of a cluster that an event reaches. A single server is the whole cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) enum Reach {
    /// The event reaches all servers of the cluster.
    #[default]
    Cluster,
    /// The event reaches this server only (the `local` flag).
    Local,
}

impl Selection {
    /// Returns a selection of the whole namespace.
    pub(in crate::reference) fn everybody() -> Self {
        Self::default()
    }

    /// Returns a selection of the members of any of these rooms.
    pub(in crate::reference) fn to(rooms: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            rooms: rooms.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Returns a selection of the socket with this id. A room of the same name selects no socket.
    pub(in crate::reference) fn socket(id: &str) -> Self {
        Self {
            addressee: Addressee::Socket,
            ..Self::to([id])
        }
    }

    /// Returns true if the selection matches a member of `room` that has this socket id.
    pub(in crate::reference) fn admits(&self, room: &str, id: &str) -> bool {
        self.addressee == Addressee::Members || room == id
    }

    /// Excludes the members of these rooms from the selection.
    pub(in crate::reference) fn except(
        mut self,
        rooms: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.except.extend(rooms.into_iter().map(Into::into));
        self
    }

    /// Makes the event volatile: the server drops it for each client to which it can't be written
    /// at once.
    pub(in crate::reference) fn volatile(mut self) -> Self {
        self.delivery = Delivery::Volatile;
        self
    }

    /// Returns true if the selection matches a socket that has the id `own` and is in `rooms`.
    pub(in crate::reference) fn matches(&self, own: &str, rooms: &[Arc<str>]) -> bool {
        let is_in = |room: &String| rooms.iter().any(|joined| **joined == **room);
        let is_named = match self.addressee {
            Addressee::Members => self.rooms.is_empty() || self.rooms.iter().any(is_in),
            Addressee::Socket => self.rooms.iter().any(|id| id == own),
        };
        is_named && !self.except.iter().any(is_in)
    }

    /// Restricts the event to this server of a cluster (the `local` flag).
    pub(in crate::reference) fn local(mut self) -> Self {
        self.reach = Reach::Local;
        self
    }
}
