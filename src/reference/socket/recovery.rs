//! Connection state recovery: a client that lost its connection comes back as the socket that it was.
//!
//! The protocol document does not have it; this follows the in-memory adapter of the JavaScript
//! server (socket.io 4.6 and later). The CONNECT reply tells a `pid` beside the `sid`, and every
//! event that can be missed has an offset as a last argument. Who presents both in the payload of
//! CONNECT gets its id and rooms back, and what it missed, in front of the CONNECT reply.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Socket, SocketId, User};
use crate::{
    clock,
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, random_id},
        faults,
        rooms::Selection,
    },
    wire::socket_io::Packet,
};

/// Events that are kept at most, however long the window is.
const MOST_EVENTS: usize = 10_000;

/// Reasons that are an accident: who leaves, or is sent away, is not awaited.
const ACCIDENTS: [&str; 6] = [
    "transport error",
    "transport close",
    "forced close",
    "ping timeout",
    "server shutting down",
    "forced server close",
];

/// What the clients of one namespace can come back to.
#[derive(Debug)]
pub(in crate::reference) struct Recovery {
    window: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<Box<str>, Kept>,
    events: VecDeque<Missable>,
}

/// A socket whose connection is gone.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Kept {
    pub(super) id: SocketId,
    pub(super) pid: Box<str>,
    pub(super) user: User,
    /// Its rooms, that of its own id among them.
    pub(in crate::reference) rooms: Vec<Arc<str>>,
    since: Instant,
}

/// An event that a client may miss.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Missable {
    offset: String,
    selection: Selection,
    packet: Packet,
    sent: Instant,
}

impl Kept {
    /// What there is to come back to of `socket`.
    pub(in crate::reference) fn of(socket: &Socket, pid: &str, rooms: &[Arc<str>]) -> Self {
        Self {
            id: socket.id().clone(),
            pid: pid.into(),
            user: socket.user().clone(),
            rooms: rooms.to_vec(),
            since: clock::now(),
        }
    }
}

impl Recovery {
    /// Sessions and events are kept for `window`.
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            state: Mutex::default(),
        }
    }

    /// Adds an offset to an event that a client may miss: one that is not volatile and asks nothing.
    pub(in crate::reference) fn stamp(
        &self,
        selection: &Selection,
        packet: &mut Packet,
        faults: &FaultSet,
    ) -> Option<Missable> {
        let Packet::Event { id, args, .. } = packet else {
            return None;
        };
        let can_be_missed = id.is_none() && selection.delivery == Delivery::Assured;
        let has_offset = can_be_missed || faults::recovery::adds_offset_to_all(faults);
        if !has_offset || faults::recovery::omits_offsets(faults) {
            return None;
        }
        let offset = random_id();
        args.push(Data::from(offset.as_str()));
        Some(Missable {
            offset,
            selection: selection.clone(),
            packet: packet.clone(),
            sent: clock::now(),
        })
    }

    /// Keeps an event; called in the order in which events are queued, with the rooms locked.
    pub(in crate::reference) fn note(&self, missable: Option<Missable>, faults: &FaultSet) {
        let Some(missable) = missable else { return };
        let window = faults::recovery::alter_window(faults, self.window);
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

    /// Keeps a socket that is gone by accident.
    pub(super) fn left(&self, socket: &Socket, rooms: &[Arc<str>], reason: &str) {
        let Some(pid) = socket.pid() else { return };
        if !ACCIDENTS.contains(&reason) && !faults::recovery::keeps_all_sessions(socket.faults()) {
            return;
        }
        let kept = Kept::of(socket, pid, rooms);
        let mut state = self.lock();
        let window = faults::recovery::alter_window(socket.faults(), self.window);
        state
            .sessions
            .retain(|_, kept| kept.since.elapsed() <= window);
        state.sessions.insert(pid.into(), kept);
    }

    /// Hands out the session of `pid` and what it missed since `offset`, once; `None` where either
    /// is unknown, or too old.
    pub(in crate::reference) fn take(
        &self,
        pid: &str,
        offset: &str,
        faults: &FaultSet,
    ) -> Option<(Kept, Vec<Packet>)> {
        let mut state = self.lock();
        let known = state.events.iter().position(|event| event.offset == offset);
        let known = faults::recovery::choose_offset(faults, known)?;
        let kept = state.sessions.remove(pid)?;
        if kept.since.elapsed() > faults::recovery::alter_window(faults, self.window) {
            return None;
        }
        let since = faults::recovery::choose_first_replayed(faults, known + 1);
        let missed = state.events.range(since..);
        let missed = missed
            .filter(|event| {
                faults::recovery::replays_event(
                    faults,
                    &event.selection,
                    kept.id.as_str(),
                    &kept.rooms,
                )
            })
            .map(|event| event.packet.clone())
            .collect();
        Some((kept, missed))
    }

    /// Whether somebody may come back.
    pub(super) fn is_awaited(&self) -> bool {
        let state = self.lock();
        let mut kept = state.sessions.values();
        kept.any(|kept| kept.since.elapsed() <= self.window)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a client presents to come back: `pid` and `offset`, both strings.
pub(super) fn claim(auth: Option<&Data>) -> Option<(&str, &str)> {
    let field = |name| auth?.get(name)?.as_str();
    Some((field("pid")?, field("offset")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{
        Config,
        engine::{PollForm, Revision, Session, TokenSources, TransportKind},
        server::Shared,
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

    /// Sends an event as the server does; gives its offset.
    fn sent(recovery: &Recovery, selection: &Selection, text: &str) -> String {
        let faults = FaultSet::default();
        let missable = recovery.stamp(selection, &mut event(text), &faults);
        let offset = missable.as_ref().unwrap().offset.clone();
        recovery.note(missable, &faults);
        offset
    }

    fn socket() -> Arc<Socket> {
        let server = Shared::new(Config {
            recovery: Some(WINDOW),
            ..Config::default()
        });
        let session = Session::open(
            &server,
            TransportKind::WebSocket,
            Revision::V4,
            PollForm::default(),
            TokenSources::default(),
        );
        let found = server.namespaces.find("/", &FaultSet::default());
        Socket::new(&session, &found.unwrap(), User::default())
    }

    #[test]
    fn who_comes_back_gets_what_was_meant_for_it_once() {
        let recovery = Recovery::new(WINDOW);
        let faults = FaultSet::default();
        let socket = socket();
        let pid = socket.pid().unwrap();
        let rooms = [Arc::from(socket.id().as_str()), Arc::from("a")];

        sent(&recovery, &Selection::everybody(), "had arrived");
        let offset = sent(&recovery, &Selection::everybody(), "arrived last");
        recovery.left(&socket, &rooms, "transport close");
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
    fn who_leaves_is_not_awaited_and_the_window_closes() {
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
            left.left(&socket, &[], reason);
            assert!(left.take(pid, &offset, &faults).is_none(), "{reason}");
        }
        let closed = Recovery::new(Duration::ZERO);
        let offset = sent(&closed, &Selection::everybody(), "event");
        closed.left(&socket, &[], "ping timeout");
        assert!(closed.take(pid, &offset, &faults).is_none());
    }

    #[test]
    fn what_is_volatile_or_asks_has_no_offset() {
        let recovery = Recovery::new(WINDOW);
        let faults = FaultSet::default();
        let everybody = Selection::everybody();
        let mut packet = event("event");
        let volatile = everybody.clone().volatile();
        assert!(recovery.stamp(&volatile, &mut packet, &faults).is_none());
        assert_eq!(packet, event("event"));
        if let Packet::Event { id, .. } = &mut packet {
            *id = Some(crate::wire::socket_io::AckId(0));
        }
        assert!(recovery.stamp(&everybody, &mut packet, &faults).is_none());
    }
}
