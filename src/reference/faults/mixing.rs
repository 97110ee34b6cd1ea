//! Faults in which the handlers of different events share a variable by mistake, so that the server
//! mixes up the recipients or the contents of their messages.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        rooms::Selection,
        socket::{Call, Socket, SocketId},
    },
};

/// The time that a fault lets pass between choosing the recipients of a message and sending the
/// message. The server handles other events meanwhile.
const LOOKUP: Duration = Duration::from_millis(20);

faults!(MixingFault {
    AnnouncementSticks = "announcement-sticks": "After a client has had the server announce a message to its room or namespace, the server sends the client's later messages to others back to this client too.", seen "an option of one message that is kept in the socket's data";
    ContentsShared = "emit-contents-shared": "When clients send two messages at almost the same time, the server sends the content of the second message in both.";
    RepliesShared = "replies-reach-latest-caller": "When two clients send events at almost the same time, the server sends both replies to the client that sent the second event.";
    TargetsAddUp = "emit-targets-add-up": "When clients send two messages at almost the same time, the server sends each of them to the recipients of both.";
    TargetsShared = "emit-targets-shared": "When clients send two messages at almost the same time, the server sends both to the recipients of the second message.", seen "targets that are kept in the namespace object, as in socket.io before 4.0";
    TargetsSharedByClient = "emit-targets-shared-by-client": "When one client sends two messages at almost the same time, the server sends both to the recipients of the second message.";
});

/// The key under which a fault remembers the recipients and the content of the latest message: of
/// one socket, or of any socket if the key is `None`.
#[derive(Eq, Hash, PartialEq)]
struct LatestMessage(Option<SocketId>);

impl ScratchKey for LatestMessage {
    type Note = (Selection, Vec<Data>);
}

/// The key under which the fault `replies-reach-latest-caller` remembers the id of the socket that
/// sent the latest event with a reply.
#[derive(Eq, Hash, PartialEq)]
struct LatestCaller;

impl ScratchKey for LatestCaller {
    type Note = SocketId;
}

/// The key under which the fault `emit-targets-add-up` remembers the recipients of the messages
/// that are not sent yet.
#[derive(Eq, Hash, PartialEq)]
struct PendingTargets;

impl ScratchKey for PendingTargets {
    type Note = Selection;
}

impl FaultSet {
    /// Calls `deliver` with the recipients and the content of a message. Without faults these are
    /// `selection` and `args`, and the call happens at once.
    pub(in crate::reference) fn send(
        &self,
        socket: &Arc<Socket>,
        selection: Selection,
        args: Vec<Data>,
        deliver: impl FnOnce(&Selection, Vec<Data>) + Send + 'static,
    ) {
        let shared_by = if self.has(MixingFault::TargetsSharedByClient) {
            Some(socket.id().clone())
        } else {
            None
        };
        let mixes = shared_by.is_some()
            || self.has(MixingFault::ContentsShared)
            || self.has(MixingFault::TargetsAddUp)
            || self.has(MixingFault::TargetsShared);
        if !mixes {
            deliver(&selection, args);
            return;
        }
        let key = LatestMessage(shared_by);
        let server = Arc::clone(&socket.session().server);
        server.scratch.add(PendingTargets, selection.clone());
        server.scratch.replace(
            LatestMessage(key.0.clone()),
            (selection.clone(), args.clone()),
        );
        let tasks = Arc::clone(&server);
        tasks.tasks.spawn(async move {
            sleep(LOOKUP).await;
            let faults = server.faults();
            let latest = server.scratch.last(&key);
            let (latest_selection, latest_args) =
                latest.unwrap_or_else(|| (selection.clone(), args.clone()));
            if faults.has(MixingFault::ContentsShared) {
                deliver(&selection, latest_args);
            } else if faults.has(MixingFault::TargetsAddUp) {
                let mut all = selection;
                for pending in server.scratch.take(&PendingTargets) {
                    if pending.rooms.is_empty() {
                        all = Selection::everybody();
                    } else if !all.rooms.is_empty() {
                        all.rooms.extend(pending.rooms.iter().cloned());
                    }
                    server.scratch.add(PendingTargets, pending);
                }
                deliver(&all, args);
                // The recipients stay for a moment, so that every message that was sent at almost
                // the same time goes to them too, in whatever order the tasks wake.
                sleep(LOOKUP).await;
                server.scratch.take_first(&PendingTargets);
            } else {
                deliver(&latest_selection, args);
            }
        });
    }
}

/// Waits a moment, then sends the reply to the client that has sent the latest event by then.
/// Returns false, and sends nothing, unless the fault `replies-reach-latest-caller` is active.
pub(super) fn reply_to_latest_caller(socket: &Arc<Socket>, name: &str, args: &[Data]) -> bool {
    if !socket.faults().has(MixingFault::RepliesShared) {
        return false;
    }
    let server = Arc::clone(&socket.session().server);
    server.scratch.replace(LatestCaller, socket.id().clone());
    let (socket, name, args) = (Arc::clone(socket), name.to_owned(), args.to_vec());
    let tasks = Arc::clone(&server);
    tasks.tasks.spawn(async move {
        sleep(LOOKUP).await;
        let latest = server.scratch.last(&LatestCaller);
        let latest = latest.and_then(|id| socket.namespace().socket(&id));
        latest.unwrap_or(socket).emit(&name, args);
    });
    true
}

/// The key under which the fault `announcement-sticks` remembers that the socket has announced a message.
#[derive(Eq, Hash, PartialEq)]
struct HasAnnounced(SocketId);

impl ScratchKey for HasAnnounced {
    type Note = ();
}

/// Turns a message to others into an announcement if the client has announced a message before and the fault
/// `announcement-sticks` is active.
pub(super) fn keep_announcing(call: &mut Call) {
    if !call.socket.faults().has(MixingFault::AnnouncementSticks) {
        return;
    }
    let scratch = &call.socket.session().server.scratch;
    let key = HasAnnounced(call.socket.id().clone());
    match call.name.as_str() {
        "announce" | "announce-to-room" => {
            scratch.add(key, ());
        }
        "send-to-others" if scratch.count(&key) > 0 => "announce".clone_into(&mut call.name),
        "send-to-room" if scratch.count(&key) > 0 => "announce-to-room".clone_into(&mut call.name),
        _ => {}
    }
}
