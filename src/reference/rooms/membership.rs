//! The sockets of a namespace and the rooms that they are in.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use indexmap::IndexMap;

use super::Selection;
use crate::reference::socket::SocketId;

/// The sockets of one namespace and their rooms.
///
/// A room exists as long as it has a member.
#[derive(Debug)]
pub(in crate::reference) struct Rooms<M> {
    sockets: IndexMap<SocketId, Joined<M>>,
    rooms: HashMap<Arc<str>, IndexMap<SocketId, Arc<M>>>,
    watchers: HashMap<String, Vec<SocketId>>,
}

#[derive(Debug)]
struct Joined<M> {
    socket: Arc<M>,
    rooms: Vec<Arc<str>>,
}

/// The watched rooms that a socket was in when it left, each with the sockets that watch the room.
#[derive(Debug)]
pub(in crate::reference) struct Departed<M> {
    pub(in crate::reference) watched: Vec<(String, Vec<Arc<M>>)>,
}

/// What the table of rooms has to know about a socket.
pub(in crate::reference) trait Member {
    /// Returns the id of the socket.
    fn id(&self) -> &SocketId;
}

impl<M> Default for Rooms<M> {
    fn default() -> Self {
        Self {
            sockets: IndexMap::new(),
            rooms: HashMap::new(),
            watchers: HashMap::new(),
        }
    }
}

impl<M> Clone for Departed<M> {
    fn clone(&self) -> Self {
        Self {
            watched: self.watched.clone(),
        }
    }
}

impl<M> Default for Departed<M> {
    fn default() -> Self {
        Self {
            watched: Vec::new(),
        }
    }
}

impl<M: Member> Rooms<M> {
    /// Adds a socket to the namespace and puts it into the room that has its id as its name.
    pub(in crate::reference) fn add(&mut self, socket: &Arc<M>) {
        let member = Joined {
            socket: Arc::clone(socket),
            rooms: Vec::new(),
        };
        self.sockets.insert(socket.id().clone(), member);
        self.join(socket.id(), socket.id().as_str());
    }

    /// Removes a socket from the namespace and all rooms.
    pub(in crate::reference) fn remove(&mut self, id: &SocketId) -> Departed<M> {
        let Some(member) = self.sockets.swap_remove(id) else {
            return Departed::default();
        };
        let mut departed = Departed::default();
        for room in &member.rooms {
            self.drop_member(room, id);
            let watchers: Vec<_> = self
                .watchers(room)
                .filter(|watcher| watcher.id() != id)
                .cloned()
                .collect();
            if !watchers.is_empty() {
                departed.watched.push((room.to_string(), watchers));
            }
        }
        self.watchers.retain(|_, watchers| {
            watchers.retain(|watcher| watcher != id);
            !watchers.is_empty()
        });
        departed
    }

    /// Puts a socket into a room. Has no effect if the socket is already in the room.
    pub(in crate::reference) fn join(&mut self, id: &SocketId, room: &str) {
        let Some(member) = self.sockets.get_mut(id) else {
            return;
        };
        if member.rooms.iter().any(|known| **known == *room) {
            return;
        }
        let name = match self.rooms.get_key_value(room) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(room),
        };
        member.rooms.push(Arc::clone(&name));
        self.rooms
            .entry(name)
            .or_default()
            .insert(id.clone(), Arc::clone(&member.socket));
    }

    /// Takes a socket out of a room. Has no effect if the socket is not in the room.
    pub(in crate::reference) fn leave(&mut self, id: &SocketId, room: &str) {
        if let Some(member) = self.sockets.get_mut(id) {
            member.rooms.retain(|known| **known != *room);
        }
        self.drop_member(room, id);
    }

    /// Makes `watcher` a watcher of `room`: the application notifies it when a member leaves
    /// the namespace.
    pub(in crate::reference) fn watch(&mut self, watcher: &SocketId, room: &str) {
        let watchers = self.watchers.entry(room.to_owned()).or_default();
        if !watchers.contains(watcher) {
            watchers.push(watcher.clone());
        }
    }

    /// Returns the sockets that watch a room: the application notifies them when a member leaves
    /// the namespace.
    pub(in crate::reference) fn watchers(&self, room: &str) -> impl Iterator<Item = &Arc<M>> {
        let watchers = self.watchers.get(room).into_iter().flatten();
        watchers.filter_map(|watcher| self.socket(watcher))
    }

    /// Returns the socket with this id.
    pub(in crate::reference) fn socket(&self, id: &SocketId) -> Option<&Arc<M>> {
        self.sockets.get(id).map(|member| &member.socket)
    }

    /// Returns all sockets of the namespace.
    pub(in crate::reference) fn all(&self) -> impl Iterator<Item = &Arc<M>> {
        self.sockets.values().map(|member| &member.socket)
    }

    /// Returns the members of a room.
    pub(in crate::reference) fn members(&self, room: &str) -> impl Iterator<Item = &Arc<M>> {
        self.rooms.get(room).into_iter().flat_map(IndexMap::values)
    }

    /// Returns the rooms that a socket is in.
    pub(in crate::reference) fn of(&self, id: &SocketId) -> &[Arc<str>] {
        self.sockets.get(id).map_or(&[], |member| &member.rooms)
    }

    /// Returns the names of all rooms.
    pub(in crate::reference) fn names(&self) -> impl Iterator<Item = &str> {
        self.rooms.keys().map(|name| &**name)
    }

    /// Returns the number of sockets in the namespace.
    pub(in crate::reference) fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Returns the sockets that a selection matches, each once.
    pub(in crate::reference) fn recipients(&self, selection: &Selection) -> Vec<Arc<M>> {
        let excepted: HashSet<&SocketId> = selection
            .except
            .iter()
            .flat_map(|room| self.members(room))
            .map(|socket| socket.id())
            .collect();
        let wanted = |socket: &&Arc<M>| !excepted.contains(socket.id());
        match selection.rooms.as_slice() {
            [] => self.all().filter(wanted).cloned().collect(),
            [room] => self
                .members(room)
                .filter(wanted)
                .filter(|socket| selection.admits(room, socket.id().as_str()))
                .cloned()
                .collect(),
            rooms => {
                let mut seen = HashSet::new();
                let members = rooms.iter().flat_map(|room| self.members(room));
                members
                    .filter(wanted)
                    .filter(|socket| seen.insert(socket.id()))
                    .cloned()
                    .collect()
            }
        }
    }

    fn drop_member(&mut self, room: &str, id: &SocketId) {
        if let Some(members) = self.rooms.get_mut(room) {
            members.swap_remove(id);
            if members.is_empty() {
                self.rooms.remove(room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, Selection};
    use crate::reference::{
        Config, FaultSet, app,
        engine::{PollForm, Revision, Session, TokenSources, TransportKind},
        shared::Shared,
        socket::{Namespace, Peer, PeerFactory, Rooms, Socket, User},
    };

    /// Returns a namespace with four sockets: socket 0 in the room `a`, socket 1 in `a` and `b`,
    /// socket 2 in `b`, socket 3 in neither.
    fn namespace() -> (Arc<Namespace>, Vec<Arc<Socket>>) {
        let config = Config::default();
        let peers = PeerFactory::new(&config, app::left);
        let server = Shared::new(config, peers);
        let open = || {
            Session::open(
                &server,
                TransportKind::WebSocket,
                Revision::V4,
                PollForm::default(),
                TokenSources::default(),
            )
        };
        let session = open();
        let namespaces = Peer::of(&session).unwrap().namespaces();
        let namespace = namespaces.find("/", &FaultSet::default()).unwrap();
        let sockets: Vec<_> = [&["a"][..], &["a", "b"], &["b"], &[]]
            .iter()
            .map(|joined| {
                let socket = Socket::new(&open(), &namespace, User::default());
                let mut rooms = namespace.rooms();
                rooms.add(&socket);
                for room in *joined {
                    rooms.join(socket.id(), room);
                }
                socket
            })
            .collect();
        (namespace, sockets)
    }

    /// Returns the indexes of the sockets that a selection matches.
    fn matched(rooms: &Rooms, sockets: &[Arc<Socket>], selection: &Selection) -> Vec<usize> {
        let place =
            |socket: &Arc<Socket>| sockets.iter().position(|known| known.id() == socket.id());
        let mut matched: Vec<_> = rooms
            .recipients(selection)
            .iter()
            .map(|socket| place(socket).unwrap())
            .collect();
        matched.sort_unstable();
        matched
    }

    #[test]
    fn members_of_any_room_receive_once_unless_excepted() {
        let (namespace, sockets) = namespace();
        let rooms = namespace.rooms();
        let id = |place: usize| sockets[place].id().as_str();
        for (selection, expected) in [
            (Selection::everybody(), vec![0, 1, 2, 3]),
            (Selection::everybody().except([id(1)]), vec![0, 2, 3]),
            (Selection::to(["a"]), vec![0, 1]),
            (Selection::to(["a", "b"]), vec![0, 1, 2]),
            (Selection::to(["a", "a"]), vec![0, 1]),
            (Selection::to(["a", "nobody"]).except(["b"]), vec![0]),
            (Selection::to(["nobody"]), vec![]),
            (Selection::to([id(3)]), vec![3]),
            (Selection::socket(id(3)), vec![3]),
            (Selection::socket("a"), vec![]),
            (Selection::everybody().except(["a", "b"]), vec![3]),
        ] {
            assert_eq!(
                matched(&rooms, &sockets, &selection),
                expected,
                "{selection:?}"
            );
        }
    }

    #[test]
    fn rooms_end_with_their_last_member() {
        let (namespace, sockets) = namespace();
        let mut rooms = namespace.rooms();
        rooms.join(sockets[0].id(), "a");
        assert_eq!(rooms.members("a").count(), 2);
        rooms.leave(sockets[0].id(), "a");
        rooms.leave(sockets[0].id(), "never joined");
        assert_eq!(matched(&rooms, &sockets, &Selection::to(["a"])), [1]);
        rooms.remove(sockets[1].id());
        assert_eq!(rooms.members("a").count(), 0);
        assert_eq!(rooms.len(), 3);
        assert!(!rooms.names().any(|name| name == "a"));
    }

    #[test]
    fn a_departed_socket_has_the_watchers_of_its_own_rooms_only() {
        let (namespace, sockets) = namespace();
        let mut rooms = namespace.rooms();
        rooms.watch(sockets[3].id(), "a");
        rooms.watch(sockets[3].id(), "a");
        rooms.watch(sockets[0].id(), "a");
        assert!(rooms.remove(sockets[2].id()).watched.is_empty());
        let departed = rooms.remove(sockets[0].id()).watched;
        let [(room, watchers)] = departed.as_slice() else {
            panic!("{departed:?}");
        };
        assert_eq!(room, "a");
        assert_eq!(watchers.len(), 1);
        assert_eq!(watchers[0].id(), sockets[3].id());
    }
}
