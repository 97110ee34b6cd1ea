//! To whom an event goes.

use std::sync::Arc;

use crate::reference::engine::Delivery;

/// To whom an event goes: the members of any of `rooms` who are in none of `except`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) struct Selection {
    /// Empty for the whole namespace.
    pub(in crate::reference) rooms: Vec<String>,
    /// Rooms whose members are left out; a socket's own room leaves out that socket.
    pub(in crate::reference) except: Vec<String>,
    /// What becomes of it where a client can't take it at once.
    pub(in crate::reference) delivery: Delivery,
    /// How far it goes beyond this process.
    pub(in crate::reference) reach: Reach,
}

/// How far an event goes in a cluster; a server alone is the whole cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) enum Reach {
    /// All servers.
    #[default]
    Cluster,
    /// This server only (the `local` flag).
    Local,
}

impl Selection {
    /// Everybody in the namespace.
    pub(in crate::reference) fn everybody() -> Self {
        Self::default()
    }

    /// The members of any of these rooms.
    pub(in crate::reference) fn to(rooms: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            rooms: rooms.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Leaves out the members of these rooms.
    pub(in crate::reference) fn except(
        mut self,
        rooms: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.except.extend(rooms.into_iter().map(Into::into));
        self
    }

    /// Drops the event where it can't be written at once.
    pub(in crate::reference) fn volatile(mut self) -> Self {
        self.delivery = Delivery::Volatile;
        self
    }

    /// Whether it means a socket that is in these rooms.
    pub(in crate::reference) fn means(&self, rooms: &[Arc<str>]) -> bool {
        let is_in = |room: &String| rooms.iter().any(|joined| **joined == **room);
        (self.rooms.is_empty() || self.rooms.iter().any(is_in)) && !self.except.iter().any(is_in)
    }

    /// Keeps the event on this server.
    pub(in crate::reference) fn local(mut self) -> Self {
        self.reach = Reach::Local;
        self
    }
}
