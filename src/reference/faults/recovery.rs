//! Connection state recovery.

use std::{sync::Arc, time::Duration};

use super::topic::faults;
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Ending, Session},
        rooms::{Rooms, Selection},
        socket::{Kept, Socket, User},
    },
    wire::socket_io::Packet,
};

faults!(RecoveryFault {
    AfterLeave = "recovery-after-leave": "Who left a namespace, or was sent out of it, can come back to its session.";
    ExceptForgotten = "recovery-replays-excepted": "Who comes back is sent what it was left out of.";
    ExpiryIgnored = "recovery-expiry-ignored": "A session can be come back to for ever.";
    LosesBinary = "recovery-loses-binary": "Of what was missed, events with bytes are not sent.";
    LosesBroadcasts = "recovery-loses-broadcasts": "Of what was missed, messages to the whole namespace are not sent.";
    LosesDirect = "recovery-loses-direct": "Of what was missed, messages to the socket itself are not sent.";
    LosesOffset = "recovery-replays-without-offset": "What was missed is sent without its offset: the next time it comes again.";
    LosesOldest = "recovery-loses-oldest": "Of what was missed, the last five events are sent.";
    LosesRooms = "recovery-loses-rooms": "Who comes back is in none of its rooms.";
    LosesUser = "recovery-loses-user": "Who comes back is nobody to the application.";
    MainOnly = "recovery-main-namespace-only": "Sessions of the main namespace alone can be come back to.";
    MissedLost = "recovery-missed-lost": "What was missed is not sent.";
    NeverResumes = "recovery-never-resumes": "Nobody can come back, although a pid is told.";
    OffsetEverywhere = "recovery-offset-on-all": "Volatile events and questions have an offset as well.";
    OffsetMissing = "recovery-offset-missing": "Events have no offset.";
    OffsetUnchecked = "recovery-offset-unchecked": "An offset that the server does not know is taken for one that it knows.";
    PidIsSid = "recovery-pid-is-sid": "The pid is the socket's id, which others know.";
    PidMissing = "recovery-pid-missing": "The CONNECT reply tells no pid.";
    ReplaysAll = "recovery-replays-received": "What had arrived before the connection was lost is sent again.";
    ReplaysForeign = "recovery-replays-foreign": "Who comes back is sent what went to rooms of others.";
    TakesOverLive = "recovery-takes-over-live": "The pid of a socket that is connected gives its id and rooms to another.";
    Reversed = "recovery-replays-reversed": "What was missed is sent latest first.";
    UnknownCloses = "recovery-unknown-closes": "A pid that says nothing to the server ends the connection.";
});

/// Events that can be missed have an offset, and nothing else has.
pub(in crate::reference) fn stamps(faults: &FaultSet, can_be_missed: bool) -> bool {
    !faults.has(RecoveryFault::OffsetMissing)
        && (can_be_missed || faults.has(RecoveryFault::OffsetEverywhere))
}

/// A session is kept for who is gone by accident.
pub(in crate::reference) fn keeps(faults: &FaultSet, accident: bool) -> bool {
    accident || faults.has(RecoveryFault::AfterLeave)
}

/// A session is kept for so long.
pub(in crate::reference) fn window(faults: &FaultSet, right: Duration) -> Duration {
    if faults.has(RecoveryFault::ExpiryIgnored) {
        Duration::MAX
    } else {
        right
    }
}

/// An offset that is unknown leaves nothing to come back to: what was missed can't be told.
pub(in crate::reference) fn known(faults: &FaultSet, found: Option<usize>) -> Option<usize> {
    let latest = faults.has(RecoveryFault::OffsetUnchecked).then_some(0);
    found.or(latest)
}

/// What came after the offset is sent again.
pub(in crate::reference) fn replays_from(faults: &FaultSet, right: usize) -> usize {
    if faults.has(RecoveryFault::ReplaysAll) {
        0
    } else {
        right
    }
}

/// What was meant for the client is sent again.
pub(in crate::reference) fn replays(
    faults: &FaultSet,
    selection: &Selection,
    own: &str,
    rooms: &[Arc<str>],
) -> bool {
    if faults.has(RecoveryFault::LosesDirect) && selection.rooms.iter().any(|room| room == own) {
        return false;
    }
    if faults.has(RecoveryFault::LosesBroadcasts) && selection.rooms.is_empty() {
        return false;
    }
    if faults.has(RecoveryFault::ExceptForgotten) {
        let everybody = Selection {
            except: Vec::new(),
            ..selection.clone()
        };
        return everybody.means(rooms);
    }
    selection.means(rooms) || faults.has(RecoveryFault::ReplaysForeign)
}

/// What was missed is sent, whole and in its order.
pub(in crate::reference) fn missed(faults: &FaultSet, mut missed: Vec<Packet>) -> Vec<Packet> {
    if faults.has(RecoveryFault::MissedLost) {
        missed.clear();
    }
    if faults.has(RecoveryFault::LosesBinary) {
        missed.retain(|packet| match packet {
            Packet::Event { args, .. } => !args.iter().any(Data::has_bytes),
            _ => true,
        });
    }
    if faults.has(RecoveryFault::LosesOldest) {
        missed.drain(..missed.len().saturating_sub(5));
    }
    if faults.has(RecoveryFault::LosesOffset) {
        for packet in &mut missed {
            if let Packet::Event { args, .. } = packet {
                args.pop();
            }
        }
    }
    if faults.has(RecoveryFault::Reversed) {
        missed.reverse();
    }
    missed
}

/// Who comes back is in the rooms that it was in.
pub(in crate::reference) fn rooms(faults: &FaultSet, mut rooms: Vec<Arc<str>>) -> Vec<Arc<str>> {
    if faults.has(RecoveryFault::LosesRooms) {
        rooms.clear();
    }
    rooms
}

/// Who comes back is who it was.
pub(in crate::reference) fn user(faults: &FaultSet, user: User) -> User {
    if faults.has(RecoveryFault::LosesUser) {
        return User::default();
    }
    user
}

/// Who says where it was goes on there.
pub(in crate::reference) fn resumes(faults: &FaultSet, namespace: &str) -> bool {
    let elsewhere = namespace != "/" && faults.has(RecoveryFault::MainOnly);
    !elsewhere && !faults.has(RecoveryFault::NeverResumes)
}

/// A socket that is connected has one client.
pub(in crate::reference) fn live(
    faults: &FaultSet,
    rooms: &Rooms,
    pid: &str,
) -> Option<(Kept, Vec<Packet>)> {
    if !faults.has(RecoveryFault::TakesOverLive) {
        return None;
    }
    let socket = rooms.all().find(|socket| socket.pid() == Some(pid))?;
    let kept = Kept::of(socket, pid, rooms.of(socket.id()));
    Some((kept, Vec::new()))
}

/// Who can't go on begins anew.
pub(in crate::reference) fn not_resumed(session: &Session, auth: Option<&Data>) {
    let claimed = auth.is_some_and(|auth| auth.get("pid").is_some());
    if claimed && session.faults().has(RecoveryFault::UnknownCloses) {
        session.close(Ending::ParseError);
    }
}

/// The pid is known to the socket's own client alone.
pub(super) fn pid<'s>(socket: &'s Socket, right: &'s str) -> Option<&'s str> {
    if socket.faults().has(RecoveryFault::PidMissing) {
        None
    } else if socket.faults().has(RecoveryFault::PidIsSid) {
        Some(socket.id().as_str())
    } else {
        Some(right)
    }
}
