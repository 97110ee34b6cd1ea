//! Connection state recovery: a client that lost its connection continues its former socket.
//!
//! The protocol document does not describe it; this module follows the in-memory adapter of the
//! JavaScript server (socket.io 4.6 and later). The CONNECT reply has a `pid` in addition to the `sid`,
//! and every event that can be missed has an offset as its last argument. A client that presents both
//! in the payload of CONNECT gets its id and its rooms back. The events that it missed come before the
//! CONNECT reply.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{SocketId, User};
use crate::{
    clock,
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, random_id},
        rooms::Selection,
    },
    wire::socket_io::Packet,
};

/// The largest number of events that the server keeps for recovery, whatever the time limit is.
const MOST_EVENTS: usize = 10_000;

/// The disconnect reasons after which a client can recover its session. After any other reason the
/// client has left the namespace or was disconnected from it, and the server keeps nothing.
const ACCIDENTS: [&str; 6] = [
    "transport error",
    "transport close",
    "forced close",
    "ping timeout",
    "server shutting down",
    "forced server close",
];

/// The sessions of one namespace that clients can recover, and the latest events, which these clients
/// may have missed.
#[derive(Debug)]
pub(in crate::reference) struct Recovery {
    window: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<Box<str>, KeptSession>,
    events: VecDeque<MissableEvent>,
}

/// What the server keeps of a socket whose connection was lost.
#[derive(Clone, Debug)]
pub(in crate::reference) struct KeptSession {
    pub(super) id: SocketId,
    pub(super) pid: Box<str>,
    pub(super) user: User,
    /// The rooms of the socket, the room of its own id included.
    pub(in crate::reference) rooms: Vec<Arc<str>>,
    since: Instant,
}

/// An event that the server keeps, so that it can replay the event to a client that missed it.
#[derive(Debug)]
pub(in crate::reference) struct MissableEvent {
    offset: String,
    selection: Selection,
    packet: Packet,
    sent: Instant,
}

impl KeptSession {
    /// Returns the kept data of a socket whose connection has just been lost.
    pub(super) fn new(id: SocketId, pid: Box<str>, user: User, rooms: &[Arc<str>]) -> Self {
        Self {
            id,
            pid,
            user,
            rooms: rooms.to_vec(),
            since: clock::now(),
        }
    }
}

impl Recovery {
    /// Returns a store that keeps sessions and events for the time `window`.
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            state: Mutex::default(),
        }
    }

    /// Adds an offset to an event that a client can miss, and returns the event for
    /// [`Recovery::keep_event`]. Volatile events and questions get no offset.
    pub(in crate::reference) fn add_offset(
        &self,
        selection: &Selection,
        packet: &mut Packet,
        faults: &FaultSet,
    ) -> Option<MissableEvent> {
        let Packet::Event { id, args, .. } = packet else {
            return None;
        };
        let can_be_missed = id.is_none() && selection.delivery == Delivery::Assured;
        let has_offset = can_be_missed || faults.adds_offset_to_all();
        if !has_offset || faults.omits_offsets() {
            return None;
        }
        let offset = random_id();
        args.push(Data::from(offset.as_str()));
        Some(MissableEvent {
            offset,
            selection: selection.clone(),
            packet: packet.clone(),
            sent: clock::now(),
        })
    }

    /// Keeps an event for recovery. The caller has to hold the lock on the rooms, so that events
    /// are kept in the order in which they are queued.
    pub(in crate::reference) fn keep_event(
        &self,
        missable: Option<MissableEvent>,
        faults: &FaultSet,
    ) {
        let Some(missable) = missable else { return };
        let window = faults.alter_window(self.window);
        let mut state = self.lock();
        while state.events.len() >= MOST_EVENTS
            || state
                .events
                .front()
                .is_some_and(|oldest| oldest.sent.elapsed() > window)
        {
            state.events.pop_front();
        }
        state.events.push_back(missable);
    }

    /// Keeps a session for recovery if `reason` is one of [`ACCIDENTS`]: the client has neither
    /// left the namespace nor been disconnected from it.
    pub(super) fn keep_session(&self, kept: KeptSession, reason: &str, faults: &FaultSet) {
        if !ACCIDENTS.contains(&reason) && !faults.keeps_all_sessions() {
            return;
        }
        let mut state = self.lock();
        let window = faults.alter_window(self.window);
        state
            .sessions
            .retain(|_, kept| kept.since.elapsed() <= window);
        state.sessions.insert(kept.pid.clone(), kept);
    }

    /// Removes and returns the kept session with this `pid`, and the events that its client missed
    /// since `offset`. Returns `None` if the pid or the offset is unknown or too old.
    pub(in crate::reference) fn take(
        &self,
        pid: &str,
        offset: &str,
        faults: &FaultSet,
    ) -> Option<(KeptSession, Vec<Packet>)> {
        let mut state = self.lock();
        let known = state.events.iter().position(|event| event.offset == offset);
        let known = faults.choose_offset(known)?;
        let kept = faults.take_session(&mut state.sessions, pid)?;
        if kept.since.elapsed() > faults.alter_window(self.window) {
            return None;
        }
        let since = faults.choose_first_replayed(known + 1);
        let missed = state.events.range(since..);
        let missed = missed
            .filter(|event| faults.replays_event(&event.selection, kept.id.as_str(), &kept.rooms))
            .map(|event| event.packet.clone())
            .collect();
        Some((kept, missed))
    }

    /// Returns true if the server keeps a session that a client can still recover.
    pub(super) fn is_awaited(&self) -> bool {
        let state = self.lock();
        let mut kept = state.sessions.values();
        kept.any(|kept| kept.since.elapsed() <= self.window)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the `pid` and the `offset` that a client presents in order to recover its session.
pub(super) fn read_claim(auth: Option<&Data>) -> Option<(&str, &str)> {
    let field = |name| auth?.get(name)?.as_str();
    Some((field("pid")?, field("offset")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{
        Config, app,
        engine::{PollForm, Revision, Session, TokenSources, TransportKind},
        shared::Shared,
        socket::{Peer, PeerFactory, Socket},
    };

    const WINDOW: Duration = Duration::from_secs(60);

    fn event(text: &str) -> Packet {
        Packet::Event {
            namespace: "/".to_owned(),
            id: None,
            name: text.to_owned(),
            args: Vec::new(),
        }
    }

    /// Adds an event to `recovery` as the server does when it sends the event. Returns the event's
    /// offset.
    fn sent(recovery: &Recovery, selection: &Selection, text: &str) -> String {
        let faults = FaultSet::default();
        let missable = recovery.add_offset(selection, &mut event(text), &faults);
        let offset = missable.as_ref().unwrap().offset.clone();
        recovery.keep_event(missable, &faults);
        offset
    }

    fn socket() -> Arc<Socket> {
        let config = Config {
            recovery: Some(WINDOW),
            ..Config::default()
        };
        let peers = PeerFactory::new(&config, app::left);
        let server = Shared::new(config, peers);
        let session = Session::open(
            &server,
            TransportKind::WebSocket,
            Revision::V4,
            PollForm::default(),
            TokenSources::default(),
        );
        let namespaces = Peer::of(&session).unwrap().namespaces();
        let namespace = namespaces.find("/", &FaultSet::default()).unwrap();
        Socket::new(&session, &namespace, User::default())
    }

    #[test]
    fn a_recovered_client_gets_its_missed_events_once() {
        let recovery = Recovery::new(WINDOW);
        let faults = FaultSet::default();
        let socket = socket();
        let pid = socket.pid().unwrap();
        let rooms = [Arc::from(socket.id().as_str()), Arc::from("a")];

        sent(&recovery, &Selection::everybody(), "had arrived");
        let offset = sent(&recovery, &Selection::everybody(), "arrived last");
        recovery.keep_session(socket.to_kept(pid, &rooms), "transport close", &faults);
        assert!(recovery.is_awaited());
        for (selection, text) in [
            (Selection::to(["a"]), "one"),
            (Selection::to(["b"]), "elsewhere"),
            (Selection::everybody().except(["a"]), "excepted"),
            (Selection::everybody(), "two"),
            (Selection::to([socket.id().as_str()]), "three"),
        ] {
            sent(&recovery, &selection, text);
        }

        assert!(recovery.take("nobody", &offset, &faults).is_none());
        assert!(recovery.take(pid, "never", &faults).is_none());
        let (kept, missed) = recovery.take(pid, &offset, &faults).unwrap();
        assert_eq!(kept.id, *socket.id());
        assert_eq!(kept.rooms, rooms);
        let names: Vec<_> = missed
            .iter()
            .map(|packet| match packet {
                Packet::Event { name, args, .. } if args.len() == 1 => name.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(names, ["one", "two", "three"]);
        assert!(recovery.take(pid, &offset, &faults).is_none());
        assert!(!recovery.is_awaited());
    }

    #[test]
    fn a_client_that_left_and_a_client_after_the_window_recover_nothing() {
        let faults = FaultSet::default();
        let socket = socket();
        let pid = socket.pid().unwrap();
        let left = Recovery::new(WINDOW);
        let offset = sent(&left, &Selection::everybody(), "event");
        for reason in [
            "client namespace disconnect",
            "server namespace disconnect",
            "parse error",
        ] {
            left.keep_session(socket.to_kept(pid, &[]), reason, &faults);
            assert!(left.take(pid, &offset, &faults).is_none(), "{reason}");
        }
        let closed = Recovery::new(Duration::ZERO);
        let offset = sent(&closed, &Selection::everybody(), "event");
        closed.keep_session(socket.to_kept(pid, &[]), "ping timeout", &faults);
        assert!(closed.take(pid, &offset, &faults).is_none());
    }

    #[test]
    fn volatile_events_and_questions_have_no_offset() {
        let recovery = Recovery::new(WINDOW);
        let faults = FaultSet::default();
        let everybody = Selection::everybody();
        let mut packet = event("event");
        let volatile = everybody.clone().volatile();
        assert!(
            recovery
                .add_offset(&volatile, &mut packet, &faults)
                .is_none()
        );
        assert_eq!(packet, event("event"));
        if let Packet::Event { id, .. } = &mut packet {
            *id = Some(crate::wire::socket_io::AckId(0));
        }
        assert!(
            recovery
                .add_offset(&everybody, &mut packet, &faults)
                .is_none()
        );
    }
}
