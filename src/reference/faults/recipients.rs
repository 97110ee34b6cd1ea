//! Faults in the choice of a message's recipients: rooms, namespaces and single sockets.

use std::sync::Arc;

use super::{
    acks::LATE,
    rooms::{count_deliveries, shares_rooms, widen_rooms},
    scratch::ScratchKey,
    topic::faults,
};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Outbound, TransportKind},
        rooms::{Reach, Selection},
        socket::{Call, Rooms, Socket, SocketId},
    },
    wire::socket_io::Packet,
};

faults!(RecipientFault {
    AlwaysIncludesSender = "announce-always-includes-sender": "When a client that is not a member of a room has the server announce a message to the room, the server sends the message to this client too.";
    AnnounceSkipsSender = "announce-skips-sender": "When a client has the server announce a message to its own room or namespace, the server does not send the message to this client.";
    BroadcastAtMostFifty = "broadcast-at-most-50": "When a message is for the whole namespace, the server sends it to at most fifty clients.";
    BroadcastEchoes = "broadcast-echoes-to-sender": "When a client sends a message to all others in its namespace, the server sends the message back to this client too.";
    BroadcastGoesToRooms = "broadcast-goes-to-rooms": "When a message is for the whole namespace, the server sends it to each client once for every room that the client has joined.";
    BroadcastLeaksNamespace = "broadcast-leaks-namespace": "When a message is for the clients of one namespace, the server sends it to the clients of all namespaces.";
    BroadcastMissesMember = "broadcast-misses-member": "When a message is for the whole namespace, the server leaves out one client.";
    BroadcastMissesPolling = "broadcast-misses-polling": "When a message is for the whole namespace, the server does not send it to clients on long-polling.";
    DirectByRoom = "direct-by-room": "When a direct message is addressed to the name of a room, the server sends it to the room's members, where only one socket may get it.", seen "`io.to(name)` of socket.io";
    DirectByUser = "direct-by-user": "When a direct message is addressed to a user, not to a socket id, the server sends it to a socket of that user.";
    DirectCrossesNamespaces = "direct-crosses-namespaces": "When a client sends a direct message, the server sends it in all other namespaces too.";
    DirectReachesEverybody = "direct-reaches-everybody": "When a client sends a direct message to one socket, the server sends it to all clients of the namespace.";
    DirectReachesLeftSocket = "direct-reaches-left-socket": "When the recipient of a direct message has left, the server sends the message to the socket that joined the namespace last.";
    DirectReachesSender = "direct-reaches-sender": "When a client sends a direct message, the server sends the message back to this client too.";
    DirectUnknownReachesEverybody = "direct-unknown-reaches-everybody": "When the recipient of a direct message does not exist, the server sends the message to all clients of the namespace.";
    EchoesToSender = "room-emit-echoes-to-sender": "When a client sends a message to a room of which it is a member, the server sends the message back to this client too.";
    EmptyReachesEverybody = "room-emit-to-empty-reaches-everybody": "When a client sends a message to a room without members, the server sends the message to the whole namespace.", seen "adapters with an empty set of rooms";
    ExceptIgnored = "except-ignored": "When a message excepts some rooms, the server sends it to the members of these rooms nevertheless.";
    ExceptIgnoresSocketIds = "except-ignores-socket-ids": "When a message excepts some sockets by their ids, the server sends it to these sockets nevertheless.";
    ExceptUsesFirstOnly = "except-list-uses-first-only": "When a message excepts several rooms, the server leaves out only the members of the first room in the list.";
    ExceptUsesLastOnly = "except-list-uses-last-only": "When a message excepts several rooms, the server leaves out only the members of the last room in the list.";
    ExceptUnknownDropsAll = "except-unknown-room-drops-all": "When a message excepts a room that does not exist, the server sends the message to no client.";
    FirstRoomOnly = "rooms-emit-first-room-only": "When a client sends a message to several rooms, the server sends it only to the members of the first room.";
    FromNamesDisplayName = "from-names-display-name": "The server writes the sender's display name into the field `from` of a message, where it has to write the user id.";
    FromNamesSocket = "from-names-socket": "The server writes the sender's socket id into the field `from` of a message, where it has to write the user id.";
    FromSpoofed = "from-field-spoofed": "When a client's message has a field `from`, the server takes the sender from it, so that a client can pretend to be another user.";
    LeaksLate = "room-emit-leaks-late": "When a client sends a message to a room, the server sends it to all other clients of the namespace 50 ms later.";
    LeaksToOutsiders = "room-emit-leaks": "When a client sends a message to a room, the server sends it to all clients of the namespace.";
    LocalDrops = "local-flag-drops": "The server drops messages with the `local` flag, which are only for the clients of this server in a cluster.";
    MissesMember = "room-emit-misses-member": "When a client sends a message to a room, the server leaves out one member.";
    MissesPolling = "room-emit-misses-polling": "When a client sends a message to a room, the server does not send it to members on long-polling.";
    NamespaceLeak = "namespace-leak": "The server sends a message to a room, or a reply to an event, in other namespaces too.";
    NoRoomsMeanAll = "rooms-emit-to-none-reaches-everybody": "When a client sends a message to an empty list of rooms, the server sends the message to the whole namespace.", seen "`to([])` of socket.io";
    PrivateReachesIdRoom = "private-messages-reach-id-room": "When the server sends an event to one client, every client that has joined the room named like the client's socket id gets the event too.", seen "python-socketio: a socket is addressed by the room of its id";
    RoomAtMostFifty = "room-emit-at-most-50": "When a client sends a message to a room, the server sends it to at most fifty members.";
    SenderExcludedByUser = "sender-excluded-by-user": "When a client sends a message to others, the server leaves out all sockets of the client's user, where it has to leave out only the sending socket.";
    ToNobody = "room-emit-to-nobody": "When a client sends a message to a room, the server sends it to no member.";
    TokenLeaked = "token-leaked-in-messages": "When a client sends a message to a room, the server adds the client's token to the message.", seen "emitting socket.handshake";
    Twice = "room-emit-twice": "When a client sends a message to a room, the server sends it to each member twice.";
    TwiceForMemberOfBoth = "rooms-emit-duplicates-for-member-of-both": "When a client sends a message to two rooms, a client that is a member of both gets the message twice.";
    VolatileCostsNext = "volatile-costs-next": "After the server has dropped a volatile message for a client, it also loses the next message for this client.";
    VolatileNever = "volatile-never-delivered": "The server drops every volatile message, even if the recipient can receive it at once.";
    DropsInBurst = "room-emit-drops-in-burst": "After clients have sent 50 messages to rooms, the server loses some of the later ones.";
});

/// The key under which the fault `direct-reaches-left-socket` remembers the id of the socket that
/// was the last to join the namespace of this name.
#[derive(Eq, Hash, PartialEq)]
struct LatestSocket(Box<str>);

impl ScratchKey for LatestSocket {
    type Note = SocketId;
}

/// The key under which the fault `token-leaked-in-messages` remembers the token in the CONNECT
/// payload of the socket with this id.
#[derive(Eq, Hash, PartialEq)]
struct PayloadToken(SocketId);

impl ScratchKey for PayloadToken {
    type Note = Data;
}

/// The key under which the fault `room-emit-drops-in-burst` counts the room messages of the server.
#[derive(Eq, Hash, PartialEq)]
struct RoomMessageCount;

impl ScratchKey for RoomMessageCount {
    type Note = ();
}

/// The sender of a message. A client's message does not go back to that client. A server's message
/// also goes to the client whose event caused it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origin {
    /// A client sends the message.
    Client,
    /// The server sends the message because of a client's event.
    Server,
}

impl FaultSet {
    /// Returns the recipients of a message. Without faults each socket that `selection` matches
    /// gets the message once.
    pub(in crate::reference) fn choose_recipients(
        &self,
        from: &Arc<Socket>,
        rooms: &Rooms,
        selection: &Selection,
    ) -> Vec<Arc<Socket>> {
        if self.is_empty() {
            return rooms.recipients(selection);
        }
        let own = from.id().as_str();
        let origin = if selection.except.iter().any(|room| room == own) {
            Origin::Client
        } else {
            Origin::Server
        };
        let is_direct = matches!(selection.rooms.as_slice(), [room] if is_socket_id(rooms, room));
        let to_all = selection.rooms.is_empty();
        let to_rooms = !to_all && !is_direct;
        let selection = &alter_selection(from, rooms, selection.clone());
        let mut recipients = rooms.recipients(selection);
        if to_rooms {
            alter_room_recipients(from, rooms, selection, origin, &mut recipients);
        }
        if to_all {
            alter_namespace_recipients(from, rooms, origin, &mut recipients);
        }
        if self.has(RecipientFault::SenderExcludedByUser) && origin == Origin::Client {
            recipients.retain(|socket| socket.user().id.is_none() || socket.user() != from.user());
        }
        if self.has(RecipientFault::LocalDrops) && selection.reach == Reach::Local
            || self.has(RecipientFault::VolatileNever) && selection.delivery == Delivery::Volatile
        {
            recipients.clear();
        }
        recipients
    }

    /// Makes the session drop its next packet if the fault `volatile-costs-next` is active and a
    /// volatile message was dropped.
    pub(in crate::reference) fn lose_next(&self, socket: &Socket, selection: &Selection) {
        if self.has(RecipientFault::VolatileCostsNext) && selection.delivery == Delivery::Volatile {
            socket.session().lose_next_packet();
        }
    }

    /// Sends a message to additional sockets after its recipients got it, if a fault for that is
    /// active.
    pub(in crate::reference) fn leak_after_delivery(
        &self,
        from: &Arc<Socket>,
        selection: &Selection,
        packet: &Packet,
        outbound: &Arc<Outbound>,
        recipients: &[Arc<Socket>],
    ) {
        if self.is_empty() {
            return;
        }
        super::rooms::note_for_backlog(from, selection, packet);
        let to_all = selection.rooms.is_empty();
        let leaks = self.has(RecipientFault::NamespaceLeak) || shares_rooms(self);
        let is_direct = matches!(packet, Packet::Event { name, .. } if name == "direct-message");
        let crosses = self.has(RecipientFault::DirectCrossesNamespaces) && is_direct;
        if (leaks && !to_all)
            || crosses
            || (self.has(RecipientFault::BroadcastLeaksNamespace) && to_all)
        {
            leak_to_namespaces(from, selection, packet);
        }
        if self.has(RecipientFault::LeaksLate) && !to_all {
            let rooms = from.namespace().rooms();
            let outsiders: Vec<_> = rooms
                .all()
                .filter(|socket| socket.id() != from.id() && !contains(recipients, socket))
                .cloned()
                .collect();
            drop(rooms);
            let outbound = Arc::clone(outbound);
            from.session().server.tasks.spawn(async move {
                tokio::time::sleep(LATE).await;
                for outsider in outsiders {
                    outsider.push(Arc::clone(&outbound), Delivery::Assured);
                }
            });
        }
    }

    /// Returns the recipient of a direct message. Without faults this is the socket with the id
    /// `to`.
    pub(in crate::reference) fn choose_direct(&self, from: &Socket, to: &str) -> Selection {
        let right = Selection::socket(to);
        if self.is_empty() {
            return right;
        }
        if self.has(RecipientFault::PrivateReachesIdRoom) || self.has(RecipientFault::DirectByRoom)
        {
            return Selection::to([to]);
        }
        let known = from.namespace().socket(&SocketId::from(to)).is_some();
        if self.has(RecipientFault::DirectReachesEverybody)
            || (self.has(RecipientFault::DirectUnknownReachesEverybody) && !known)
        {
            return Selection::everybody();
        }
        if self.has(RecipientFault::DirectByUser) && !known {
            let rooms = from.namespace().rooms();
            let named = rooms.all().find(|socket| socket.user_id() == to);
            let id = named.map(|socket| socket.id().to_string());
            return id.map_or(right, |id| Selection::to([id]));
        }
        if self.has(RecipientFault::DirectReachesSender) {
            return Selection::to([to, from.id().as_str()]);
        }
        if self.has(RecipientFault::DirectReachesLeftSocket)
            && !known
            && let Some(latest) = from.session().server.scratch.last(&latest_key(from))
        {
            return Selection::to([latest.as_str()]);
        }
        right
    }

    /// Returns true if the fault `rooms-emit-to-none-reaches-everybody` is active.
    pub(in crate::reference) fn no_rooms_mean_all(&self) -> bool {
        self.has(RecipientFault::NoRoomsMeanAll)
    }

    /// Records the socket that was the last to join its namespace, for the fault
    /// `direct-reaches-left-socket`.
    pub(in crate::reference) fn note_latest(&self, socket: &Socket) {
        if self.has(RecipientFault::DirectReachesLeftSocket) {
            let scratch = &socket.session().server.scratch;
            scratch.replace(latest_key(socket), socket.id().clone());
        }
    }

    /// Returns the sender that a message names. Without faults this is the caller's user id.
    pub(in crate::reference) fn choose_sender(&self, call: &Call) -> Data {
        if self.has(RecipientFault::FromSpoofed)
            && let Some(claimed) = call.args.first().and_then(|first| first.get("from"))
        {
            return claimed.clone();
        }
        if self.has(RecipientFault::FromNamesSocket) {
            return Data::from(call.socket.id().as_str());
        }
        if self.has(RecipientFault::FromNamesDisplayName)
            && let Some(name) = &call.socket.user().name
        {
            return Data::from(name.as_str());
        }
        Data::from(call.socket.user_id().into_owned())
    }

    /// Returns the payload of a room message. The fault `token-leaked-in-messages` adds the
    /// sender's token.
    pub(in crate::reference) fn add_token(&self, socket: &Socket, mut message: Data) -> Data {
        if self.has(RecipientFault::TokenLeaked)
            && let Data::Object(fields) = &mut message
        {
            let tokens = &socket.session().tokens;
            let noted = socket
                .session()
                .server
                .scratch
                .last(&PayloadToken(socket.id().clone()));
            let from_handshake = [&tokens.query, &tokens.header, &tokens.cookie];
            let token = from_handshake.into_iter().flatten().next();
            let token = token.map(|token| Data::from(&**token)).or(noted);
            let handshake = Data::object([("token", token.unwrap_or_default())]);
            fields.insert("handshake".to_owned(), handshake);
        }
        message
    }

    /// Records the token in the CONNECT payload, for the fault `token-leaked-in-messages`.
    pub(in crate::reference) fn note_token(&self, socket: &Socket, auth: Option<&Data>) {
        if self.has(RecipientFault::TokenLeaked)
            && let Some(token) = auth.and_then(|auth| auth.get("token"))
        {
            let key = PayloadToken(socket.id().clone());
            socket.session().server.scratch.add(key, token.clone());
        }
    }
}

/// Returns the selection of a message's recipients, changed as the active faults demand.
fn alter_selection(from: &Socket, rooms: &Rooms, mut selection: Selection) -> Selection {
    let faults = from.faults();
    let own = from.id().as_str();
    let to_all = selection.rooms.is_empty();
    selection.rooms = selection
        .rooms
        .iter()
        .map(|room| faults.alter_room_name(room))
        .collect();
    widen_rooms(faults, rooms, &mut selection);
    let excepted = |room: &String| room != own;
    if faults.has(RecipientFault::ExceptIgnored) {
        selection.except.retain(|room| !excepted(room));
    }
    if faults.has(RecipientFault::ExceptIgnoresSocketIds) {
        selection
            .except
            .retain(|room| room == own || !is_socket_id(rooms, room));
    }
    if faults.has(RecipientFault::ExceptUsesFirstOnly) {
        let mut first = true;
        selection
            .except
            .retain(|room| !excepted(room) || std::mem::take(&mut first));
    }
    if faults.has(RecipientFault::ExceptUsesLastOnly)
        && let Some(last) = selection
            .except
            .iter()
            .rev()
            .find(|room| excepted(room))
            .cloned()
    {
        selection
            .except
            .retain(|room| !excepted(room) || *room == last);
    }
    if faults.has(RecipientFault::ExceptUnknownDropsAll) {
        let unknown = |room: &String| excepted(room) && rooms.members(room).next().is_none();
        if selection.except.iter().any(unknown) {
            selection.except.extend(selection.rooms.clone());
        }
    }
    if faults.has(RecipientFault::FirstRoomOnly) {
        selection.rooms.truncate(1);
    }
    let echoes = if to_all {
        faults.has(RecipientFault::BroadcastEchoes)
    } else {
        faults.has(RecipientFault::EchoesToSender)
    };
    if echoes {
        selection.except.retain(excepted);
    }
    selection
}

/// Changes the recipients of a message to rooms, as the active faults demand.
fn alter_room_recipients(
    from: &Arc<Socket>,
    rooms: &Rooms,
    selection: &Selection,
    origin: Origin,
    recipients: &mut Vec<Arc<Socket>>,
) {
    let faults = from.faults();
    let other = |socket: &Arc<Socket>| socket.id() != from.id();
    let nobody = selection
        .rooms
        .iter()
        .all(|room| rooms.members(room).next().is_none());
    if faults.has(RecipientFault::LeaksToOutsiders)
        || (faults.has(RecipientFault::EmptyReachesEverybody) && nobody)
    {
        let missing: Vec<_> = rooms
            .all()
            .filter(|socket| other(socket) && !contains(recipients, socket))
            .cloned()
            .collect();
        recipients.extend(missing);
    }
    let by_server = origin == Origin::Server;
    if by_server && faults.has(RecipientFault::AnnounceSkipsSender) {
        recipients.retain(other);
    }
    if by_server && faults.has(RecipientFault::AlwaysIncludesSender) && !contains(recipients, from)
    {
        recipients.push(Arc::clone(from));
    }
    drop_recipients(from, recipients);
    duplicate_recipients(from, rooms, selection, recipients);
}

/// Removes recipients of a room message, as the active faults demand.
fn drop_recipients(from: &Socket, recipients: &mut Vec<Arc<Socket>>) {
    let faults = from.faults();
    if faults.has(RecipientFault::MissesMember) {
        recipients.pop();
    }
    if faults.has(RecipientFault::RoomAtMostFifty) {
        recipients.truncate(50);
    }
    if faults.has(RecipientFault::MissesPolling) {
        recipients.retain(|socket| socket.session().transport() != TransportKind::Polling);
    }
    if faults.has(RecipientFault::ToNobody) {
        recipients.clear();
    }
    if faults.has(RecipientFault::DropsInBurst) {
        let nth = from.session().server.scratch.add(RoomMessageCount, ());
        if nth > 50 && nth.is_multiple_of(7) {
            recipients.clear();
        }
    }
}

/// Adds some recipients of a room message a second time, so that they get the message twice.
fn duplicate_recipients(
    from: &Socket,
    rooms: &Rooms,
    selection: &Selection,
    recipients: &mut Vec<Arc<Socket>>,
) {
    let faults = from.faults();
    if faults.has(RecipientFault::TwiceForMemberOfBoth) {
        let twice: Vec<_> = selection
            .rooms
            .iter()
            .flat_map(|room| rooms.members(room))
            .filter(|socket| contains(recipients, socket))
            .cloned()
            .collect();
        *recipients = twice;
    }
    let repeat = |socket: &Arc<Socket>| {
        let count = count_deliveries(from, selection, socket);
        std::iter::repeat_n(Arc::clone(socket), count)
    };
    *recipients = recipients.iter().flat_map(repeat).collect();
    if faults.has(RecipientFault::Twice) {
        recipients.extend(recipients.clone());
    }
}

/// Changes the recipients of a message to the whole namespace, as the active faults demand.
fn alter_namespace_recipients(
    from: &Arc<Socket>,
    rooms: &Rooms,
    origin: Origin,
    recipients: &mut Vec<Arc<Socket>>,
) {
    let faults = from.faults();
    if faults.has(RecipientFault::BroadcastMissesMember) {
        recipients.pop();
    }
    if faults.has(RecipientFault::BroadcastAtMostFifty) {
        recipients.truncate(50);
    }
    if faults.has(RecipientFault::BroadcastMissesPolling) {
        recipients.retain(|socket| socket.session().transport() != TransportKind::Polling);
    }
    if origin == Origin::Server && faults.has(RecipientFault::AnnounceSkipsSender) {
        recipients.retain(|socket| socket.id() != from.id());
    }
    if faults.has(RecipientFault::BroadcastGoesToRooms) {
        let by_room = |socket: &Arc<Socket>| {
            let joined = rooms.of(socket.id()).len().saturating_sub(1);
            std::iter::repeat_n(Arc::clone(socket), joined)
        };
        *recipients = recipients.iter().flat_map(by_room).collect();
    }
}

fn contains(recipients: &[Arc<Socket>], socket: &Socket) -> bool {
    recipients.iter().any(|known| known.id() == socket.id())
}

fn is_socket_id(rooms: &Rooms, room: &str) -> bool {
    rooms.socket(&SocketId::from(room)).is_some()
}

fn leak_to_namespaces(from: &Socket, selection: &Selection, packet: &Packet) {
    let Packet::Event { id, name, args, .. } = packet else {
        return;
    };
    for namespace in from.all_namespaces() {
        if namespace.name() == from.namespace().name() {
            continue;
        }
        let reached = namespace.rooms().recipients(selection);
        let leaked = Packet::Event {
            namespace: namespace.name().to_owned(),
            id: *id,
            name: name.clone(),
            args: args.clone(),
        };
        for socket in reached {
            socket.send(&leaked);
        }
    }
}

fn latest_key(socket: &Socket) -> LatestSocket {
    LatestSocket(socket.namespace().name().into())
}
