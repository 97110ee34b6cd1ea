//! State that the handlers of two events share by mistake.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        rooms::Selection,
        socket::{Socket, SocketId},
    },
};

/// How long a handler looks something up between the choice of the recipients and the emit.
const LOOKUP: Duration = Duration::from_millis(20);

faults!(MixingFault {
    ContentsShared = "emit-contents-shared": "The server sends the content of the latest message in place of each message that it still prepares.";
    RepliesShared = "replies-reach-latest-caller": "The server sends each reply that it still prepares to the client that sent the latest event.";
    TargetsAddUp = "emit-targets-add-up": "The server sends each of two messages that it prepares at the same time to the recipients of both.";
    TargetsShared = "emit-targets-shared": "The server sends each message that it still prepares to the recipients of the latest one.", seen "targets that are kept in the namespace object, as in socket.io before 4.0";
    TargetsSharedByClient = "emit-targets-shared-by-client": "The server sends each message of a client that it still prepares to the recipients of that client's latest one.";
});

/// Key of the latest message that the server prepares: of the client, or of all clients.
#[derive(Eq, Hash, PartialEq)]
struct LatestMessage(Option<SocketId>);

impl ScratchKey for LatestMessage {
    type Note = (Selection, Vec<Data>);
}

/// Key of the id of the socket that sent the latest event with a reply.
#[derive(Eq, Hash, PartialEq)]
struct LatestCaller;

impl ScratchKey for LatestCaller {
    type Note = SocketId;
}

/// Key of the recipients of the messages that the server prepares.
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
                        break;
                    }
                    all.rooms.extend(pending.rooms);
                }
                deliver(&all, args);
            } else {
                deliver(&latest_selection, args);
            }
        });
    }
}

/// Sends a reply to the client that sent the latest event by then. Returns false, and sends nothing,
/// unless the fault `replies-reach-latest-caller` is active.
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
