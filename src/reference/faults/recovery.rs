//! Faults in connection state recovery.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Ending, Session},
        rooms::Selection,
        socket::{KeptSession, Rooms, Socket, User},
    },
    wire::socket_io::Packet,
};

faults!(RecoveryFault {
    AfterLeave = "recovery-after-leave": "The server lets a client recover a session although the client left the namespace itself or the server disconnected it.";
    ExceptForgotten = "recovery-replays-excepted": "When a client recovers its session, the server replays missed events from which the client was excepted.";
    ExpiryIgnored = "recovery-expiry-ignored": "The server lets clients recover a session after any time, although there is a time limit.";
    LosesBinary = "recovery-loses-binary": "When a client recovers its session, the server does not replay missed events that contain bytes.";
    LosesBroadcasts = "recovery-loses-broadcasts": "When a client recovers its session, the server does not replay missed messages to the whole namespace.";
    LosesDirect = "recovery-loses-direct": "When a client recovers its session, the server does not replay missed messages that were sent to this client alone.";
    LosesOffset = "recovery-replays-without-offset": "When a client recovers its session, the server replays missed events without their offset, so that the next recovery replays them again.";
    LosesOldest = "recovery-loses-oldest": "When a client recovers its session, the server replays only the last five of the events that it missed.";
    LosesRooms = "recovery-loses-rooms": "When a client recovers its session, the server does not put it back into its rooms.";
    LosesUser = "recovery-loses-user": "When a client recovers its session, the server forgets the client's user.";
    MainOnly = "recovery-main-namespace-only": "The server lets clients recover their sessions in the main namespace, but in no other namespace.";
    MissedLost = "recovery-missed-lost": "When a client recovers its session, the server replays none of the events that it missed.";
    NeverResumes = "recovery-never-resumes": "The server sends a private session id (`pid`) for recovery, but never recovers a session.";
    OffsetEverywhere = "recovery-offset-on-all": "The server adds an offset for recovery also to volatile events and to events that ask for an acknowledgement.";
    OffsetMissing = "recovery-offset-missing": "The server sends events without the offset that a client needs to recover its session.";
    OffsetUnchecked = "recovery-offset-unchecked": "When a client presents an unknown offset for recovery, the server recovers the session as if it knew the offset.";
    PidIsSid = "recovery-pid-is-sid": "The server sends the socket id, which other clients know, as the private session id (`pid`).";
    PidMissing = "recovery-pid-missing": "The server sends the CONNECT reply without the private session id (`pid`) for recovery.";
    ReplaysAll = "recovery-replays-received": "When a client recovers its session, the server also replays events that the client received before it lost the connection.";
    ReplaysForeign = "recovery-replays-foreign": "When a client recovers its session, the server also replays events to rooms that the client is not in.";
    SecondForgotten = "recovery-works-once": "The server lets a client recover its session once, but not a second time.";
    SecondLosesRooms = "recovery-again-loses-rooms": "When a client recovers its session for the second time, the server does not put it back into its rooms.";
    TakenTwice = "recovery-session-taken-twice": "The server lets two clients recover the same session one after the other, where only the first may get it.", seen "socket.io 4.8.4 with the in-memory adapter";
    TakesOverLive = "recovery-takes-over-live": "When a client presents the private session id (`pid`) of a client that is still connected, the server gives it that client's socket id and rooms.";
    Reversed = "recovery-replays-reversed": "When a client recovers its session, the server replays the missed events in reverse order.";
    UnknownCloses = "recovery-unknown-closes": "When a client presents an unknown private session id (`pid`) for recovery, the server closes the connection.";
});

/// The key under which faults count how often a session has been recovered. The field is the
/// private session id (`pid`).
#[derive(Eq, Hash, PartialEq)]
struct Recovered(Box<str>);

impl ScratchKey for Recovered {
    type Note = ();
}

impl FaultSet {
    /// Returns true if the fault `recovery-offset-missing` is active.
    pub(in crate::reference) fn omits_offsets(&self) -> bool {
        self.has(RecoveryFault::OffsetMissing)
    }

    /// Returns true if the fault `recovery-offset-on-all` is active.
    pub(in crate::reference) fn adds_offset_to_all(&self) -> bool {
        self.has(RecoveryFault::OffsetEverywhere)
    }

    /// Returns true if the fault `recovery-after-leave` is active.
    pub(in crate::reference) fn keeps_all_sessions(&self) -> bool {
        self.has(RecoveryFault::AfterLeave)
    }

    /// Returns how long the server keeps a session for recovery. Without faults this is `right`,
    /// the time in the settings.
    pub(in crate::reference) fn alter_window(&self, right: Duration) -> Duration {
        if self.has(RecoveryFault::ExpiryIgnored) {
            Duration::MAX
        } else {
            right
        }
    }

    /// Returns the index, among the kept events, of the event that the client received last.
    /// Without faults this is `found`. `None` means that the offset is unknown, so the session
    /// can't be recovered.
    pub(in crate::reference) fn choose_offset(&self, found: Option<usize>) -> Option<usize> {
        let latest = self.has(RecoveryFault::OffsetUnchecked).then_some(0);
        found.or(latest)
    }

    /// Returns the index, among the kept events, of the first event to replay. Without faults this
    /// is `right`, the event after the one that the client received last.
    pub(in crate::reference) fn choose_first_replayed(&self, right: usize) -> usize {
        if self.has(RecoveryFault::ReplaysAll) {
            0
        } else {
            right
        }
    }

    /// Returns true if the server replays an event to a recovered client. Without faults this is
    /// true if the event was sent to this client.
    pub(in crate::reference) fn replays_event(
        &self,
        selection: &Selection,
        own: &str,
        rooms: &[Arc<str>],
    ) -> bool {
        if self.has(RecoveryFault::LosesDirect) && selection.rooms.iter().any(|room| room == own) {
            return false;
        }
        if self.has(RecoveryFault::LosesBroadcasts) && selection.rooms.is_empty() {
            return false;
        }
        if self.has(RecoveryFault::ExceptForgotten) {
            let everybody = Selection {
                except: Vec::new(),
                ..selection.clone()
            };
            return everybody.matches(own, rooms);
        }
        selection.matches(own, rooms) || self.has(RecoveryFault::ReplaysForeign)
    }

    /// Returns the events to replay. Without faults these are `missed`, the events that the client
    /// has missed.
    pub(in crate::reference) fn alter_missed(&self, mut missed: Vec<Packet>) -> Vec<Packet> {
        if self.has(RecoveryFault::MissedLost) {
            missed.clear();
        }
        if self.has(RecoveryFault::LosesBinary) {
            missed.retain(|packet| match packet {
                Packet::Event { args, .. } => !args.iter().any(Data::has_bytes),
                _ => true,
            });
        }
        if self.has(RecoveryFault::LosesOldest) {
            missed.drain(..missed.len().saturating_sub(5));
        }
        if self.has(RecoveryFault::LosesOffset) {
            for packet in &mut missed {
                if let Packet::Event { args, .. } = packet {
                    args.pop();
                }
            }
        }
        if self.has(RecoveryFault::Reversed) {
            missed.reverse();
        }
        missed
    }

    /// Returns the rooms of a recovered socket. Without faults these are `rooms`, in which the
    /// socket was before.
    pub(in crate::reference) fn alter_rooms(&self, mut rooms: Vec<Arc<str>>) -> Vec<Arc<str>> {
        if self.has(RecoveryFault::LosesRooms) {
            rooms.clear();
        }
        rooms
    }

    /// Returns the user of a recovered socket. Without faults this is `user`, the user that the
    /// socket had before.
    pub(in crate::reference) fn alter_user(&self, user: User) -> User {
        if self.has(RecoveryFault::LosesUser) {
            return User::default();
        }
        user
    }

    /// Returns true if sessions of the namespace can be recovered. Without faults they can.
    pub(in crate::reference) fn recovers_in(&self, namespace: &str) -> bool {
        let elsewhere = namespace != "/" && self.has(RecoveryFault::MainOnly);
        !elsewhere && !self.has(RecoveryFault::NeverResumes)
    }

    /// Returns the session that belongs to `pid` although its client is still connected, if the
    /// fault `recovery-takes-over-live` is active.
    pub(in crate::reference) fn take_live_session(
        &self,
        rooms: &Rooms,
        pid: &str,
    ) -> Option<(KeptSession, Vec<Packet>)> {
        if !self.has(RecoveryFault::TakesOverLive) {
            return None;
        }
        let socket = rooms.all().find(|socket| socket.pid() == Some(pid))?;
        let kept = socket.to_kept(pid, rooms.of(socket.id()));
        Some((kept, Vec::new()))
    }

    /// Takes the session of `pid` out of the sessions that clients can recover, and returns it. The
    /// fault `recovery-session-taken-twice` does not remove the session.
    pub(in crate::reference) fn take_session(
        &self,
        sessions: &mut HashMap<Box<str>, KeptSession>,
        pid: &str,
    ) -> Option<KeptSession> {
        if self.has(RecoveryFault::TakenTwice) {
            sessions.get(pid).cloned()
        } else {
            sessions.remove(pid)
        }
    }

    /// Records a recovered socket, for the faults about its second recovery.
    pub(in crate::reference) fn note_recovered(&self, socket: &Socket) {
        if (self.has(RecoveryFault::SecondForgotten) || self.has(RecoveryFault::SecondLosesRooms))
            && let Some(pid) = socket.pid()
        {
            let scratch = &socket.session().server.scratch;
            scratch.add(Recovered(pid.into()), ());
        }
    }

    /// Returns the session that the server keeps after a socket has left, so that the client can
    /// recover it. Without faults this is `kept`; `None` keeps no session.
    pub(in crate::reference) fn alter_kept(
        &self,
        socket: &Socket,
        mut kept: KeptSession,
    ) -> Option<KeptSession> {
        let again = socket.pid().is_some_and(|pid| {
            let scratch = &socket.session().server.scratch;
            scratch.count(&Recovered(pid.into())) > 0
        });
        if again && self.has(RecoveryFault::SecondForgotten) {
            return None;
        }
        if again && self.has(RecoveryFault::SecondLosesRooms) {
            kept.rooms.clear();
        }
        Some(kept)
    }

    /// Closes the connection of a client whose pid is unknown if the fault
    /// `recovery-unknown-closes` is active.
    pub(in crate::reference) fn close_on_unknown_pid(
        &self,
        session: &Session,
        auth: Option<&Data>,
    ) {
        let claimed = auth.is_some_and(|auth| auth.get("pid").is_some());
        if claimed && self.has(RecoveryFault::UnknownCloses) {
            session.close(Ending::ParseError);
        }
    }
}

/// Returns the pid in the CONNECT reply. Without faults this is `right`.
pub(super) fn choose_pid<'s>(socket: &'s Socket, right: &'s str) -> Option<&'s str> {
    if socket.faults().has(RecoveryFault::PidMissing) {
        None
    } else if socket.faults().has(RecoveryFault::PidIsSid) {
        Some(socket.id().as_str())
    } else {
        Some(right)
    }
}
