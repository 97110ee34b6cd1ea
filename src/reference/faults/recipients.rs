//! Who receives what is sent to rooms and namespaces.

use std::sync::Arc;

use super::{
    acks::LATE,
    rooms::{are_shared, name, times, widened},
    scratch::ScratchKey,
    topic::faults,
};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Outbound, TransportKind},
        rooms::{Reach, Rooms, Selection},
        socket::{Call, Socket, SocketId},
    },
    wire::socket_io::Packet,
};

faults!(RecipientFault {
    AlwaysIncludesSender = "announce-always-includes-sender": "A room message of the server reaches its caller, member or not.";
    AnnounceSkipsSender = "announce-skips-sender": "A message of the server leaves out the client that caused it.";
    BroadcastAtMostFifty = "broadcast-at-most-50": "A broadcast reaches fifty clients at most.";
    BroadcastEchoes = "broadcast-echoes-to-sender": "A broadcast of a client comes back to it.";
    BroadcastGoesToRooms = "broadcast-goes-to-rooms": "A broadcast goes to the members of each room that was joined, once a room.";
    BroadcastLeaksNamespace = "broadcast-leaks-namespace": "A broadcast of one namespace reaches the sockets of all.";
    BroadcastMissesMember = "broadcast-misses-member": "A broadcast misses one of the clients.";
    BroadcastMissesPolling = "broadcast-misses-polling": "A broadcast does not reach clients on long-polling.";
    DirectByUser = "direct-by-user": "A user's name is the address of one of his sockets.";
    DirectCrossesNamespaces = "direct-crosses-namespaces": "A direct message reaches a socket of another namespace as well.";
    DirectReachesEverybody = "direct-reaches-everybody": "A direct message reaches the whole namespace.";
    DirectReachesLeftSocket = "direct-reaches-left-socket": "A message for a socket that has left reaches whoever joined last.";
    DirectReachesSender = "direct-reaches-sender": "A direct message comes back to its sender as well.";
    DirectUnknownReachesEverybody = "direct-unknown-reaches-everybody": "A direct message to nobody reaches everybody.";
    EchoesToSender = "room-emit-echoes-to-sender": "A client's room message comes back to it.";
    EmptyReachesEverybody = "room-emit-to-empty-reaches-everybody": "A message to a room without members reaches the whole namespace.", seen "adapters with an empty set of rooms";
    ExceptIgnored = "except-ignored": "Rooms that are excepted receive as well.";
    ExceptIgnoresSocketIds = "except-ignores-socket-ids": "A socket id that is excepted receives as well.";
    ExceptUsesFirstOnly = "except-list-uses-first-only": "Of a list of excepted rooms only the first counts.";
    ExceptUsesLastOnly = "except-list-uses-last-only": "Of a list of excepted rooms only the last counts.";
    ExceptUnknownDropsAll = "except-unknown-room-drops-all": "Excepting a room that does not exist leaves nobody.";
    FirstRoomOnly = "rooms-emit-first-room-only": "Of a list of rooms only the first receives.";
    FromSpoofed = "from-field-spoofed": "The sender is whoever the message says it is.";
    LeaksLate = "room-emit-leaks-late": "A room message reaches the rest of the namespace 50 ms later.";
    LeaksToOutsiders = "room-emit-leaks": "A room message reaches the whole namespace.";
    LocalDrops = "local-flag-drops": "A message that stays on this server reaches nobody.";
    MissesMember = "room-emit-misses-member": "A room message misses one of the members.";
    MissesPolling = "room-emit-misses-polling": "A room message does not reach members on long-polling.";
    NamespaceLeak = "namespace-leak": "What is sent in one namespace is sent in others as well.";
    NoRoomsMeanAll = "rooms-emit-to-none-reaches-everybody": "A message to an empty list of rooms reaches the whole namespace.", seen "`to([])` of socket.io";
    RoomAtMostFifty = "room-emit-at-most-50": "A room message reaches fifty members at most.";
    SenderExcludedByUser = "sender-excluded-by-user": "A room message leaves out all sockets of its sender's user.";
    ToNobody = "room-emit-to-nobody": "Room messages reach nobody.";
    TokenLeaked = "token-leaked-in-messages": "A room message carries its sender's handshake.", seen "emitting socket.handshake";
    Twice = "room-emit-twice": "A room message arrives twice.";
    TwiceForMemberOfBoth = "rooms-emit-duplicates-for-member-of-both": "A member of two rooms receives what is sent to both twice.";
    VolatileCostsNext = "volatile-costs-next": "Where a volatile message is dropped, the next message is lost as well.";
    VolatileNever = "volatile-never-delivered": "Volatile messages reach nobody.";
    DropsInBurst = "room-emit-drops-in-burst": "Of more than 50 room messages in a burst some are lost.";
});

/// The id of the socket that joined the namespace of this name last.
#[derive(Eq, Hash, PartialEq)]
struct LatestSocket(Box<str>);

impl ScratchKey for LatestSocket {
    type Note = SocketId;
}

/// The token in the CONNECT payload of the socket with this id.
#[derive(Eq, Hash, PartialEq)]
struct PayloadToken(SocketId);

impl ScratchKey for PayloadToken {
    type Note = Data;
}

/// One note for each room message of the server.
#[derive(Eq, Hash, PartialEq)]
struct RoomMessageCount;

impl ScratchKey for RoomMessageCount {
    type Note = ();
}

/// Each member of any of the rooms receives, once, unless it is excepted.
pub(in crate::reference) fn recipients(
    from: &Arc<Socket>,
    rooms: &Rooms,
    selection: &Selection,
) -> Vec<Arc<Socket>> {
    let faults = from.faults();
    if faults.is_empty() {
        return rooms.recipients(selection);
    }
    let own = from.id().as_str();
    let by_client = selection.except.iter().any(|room| room == own);
    let is_direct = matches!(selection.rooms.as_slice(), [room] if is_socket_id(rooms, room));
    let to_all = selection.rooms.is_empty();
    let to_rooms = !to_all && !is_direct;
    let selection = &altered(from, rooms, selection.clone(), to_all);
    let mut recipients = rooms.recipients(selection);
    if to_rooms {
        room_recipients(from, rooms, selection, by_client, &mut recipients);
    }
    if to_all {
        namespace_recipients(from, rooms, by_client, &mut recipients);
    }
    if faults.has(RecipientFault::LocalDrops) && selection.reach == Reach::Local
        || faults.has(RecipientFault::VolatileNever) && selection.delivery == Delivery::Volatile
    {
        recipients.clear();
    }
    recipients
}

fn altered(from: &Socket, rooms: &Rooms, mut selection: Selection, to_all: bool) -> Selection {
    let faults = from.faults();
    let own = from.id().as_str();
    selection.rooms = selection
        .rooms
        .iter()
        .map(|room| name(faults, room))
        .collect();
    widened(faults, rooms, &mut selection);
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

fn room_recipients(
    from: &Arc<Socket>,
    rooms: &Rooms,
    selection: &Selection,
    by_client: bool,
    recipients: &mut Vec<Arc<Socket>>,
) {
    let faults = from.faults();
    let other = |socket: &Arc<Socket>| socket.id() != from.id();
    let nobody = selection
        .rooms
        .iter()
        .all(|room| rooms.members(room).next().is_none());
    let add_all = |recipients: &mut Vec<Arc<Socket>>| {
        let missing: Vec<_> = rooms
            .all()
            .filter(|socket| other(socket) && !contains(recipients, socket))
            .cloned()
            .collect();
        recipients.extend(missing);
    };
    if faults.has(RecipientFault::LeaksToOutsiders)
        || (faults.has(RecipientFault::EmptyReachesEverybody) && nobody)
    {
        add_all(recipients);
    }
    if !by_client && faults.has(RecipientFault::AnnounceSkipsSender) {
        recipients.retain(other);
    }
    if !by_client && faults.has(RecipientFault::AlwaysIncludesSender) && !contains(recipients, from)
    {
        recipients.push(Arc::clone(from));
    }
    if faults.has(RecipientFault::MissesMember) {
        recipients.pop();
    }
    if faults.has(RecipientFault::RoomAtMostFifty) {
        recipients.truncate(50);
    }
    if faults.has(RecipientFault::MissesPolling) {
        recipients.retain(|socket| socket.session().transport() != TransportKind::Polling);
    }
    if faults.has(RecipientFault::SenderExcludedByUser) && by_client {
        recipients.retain(|socket| socket.user().id.is_none() || socket.user() != from.user());
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
    *recipients = recipients
        .iter()
        .flat_map(|socket| std::iter::repeat_n(Arc::clone(socket), times(from, selection, socket)))
        .collect();
    if faults.has(RecipientFault::Twice) {
        recipients.extend(recipients.clone());
    }
}

fn namespace_recipients(
    from: &Arc<Socket>,
    rooms: &Rooms,
    by_client: bool,
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
    if !by_client && faults.has(RecipientFault::AnnounceSkipsSender) {
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

/// A volatile message that is dropped costs nothing else.
pub(in crate::reference) fn dropped(socket: &Socket, selection: &Selection) {
    if socket.faults().has(RecipientFault::VolatileCostsNext)
        && selection.delivery == Delivery::Volatile
    {
        socket.session().lose_next_packet();
    }
}

/// Nothing follows what was delivered.
pub(in crate::reference) fn delivered(
    from: &Arc<Socket>,
    selection: &Selection,
    packet: &Packet,
    outbound: &Arc<Outbound>,
    recipients: &[Arc<Socket>],
) {
    let faults = from.faults();
    if faults.is_empty() {
        return;
    }
    super::rooms::note_for_backlog(from, selection, packet);
    let to_all = selection.rooms.is_empty();
    let leaks = faults.has(RecipientFault::NamespaceLeak) || are_shared(faults);
    let is_direct = matches!(packet, Packet::Event { name, .. } if name == "direct-message");
    let crosses = faults.has(RecipientFault::DirectCrossesNamespaces) && is_direct;
    if (leaks && !to_all)
        || crosses
        || (faults.has(RecipientFault::BroadcastLeaksNamespace) && to_all)
    {
        leak_to_namespaces(from, selection, packet);
    }
    if faults.has(RecipientFault::LeaksLate) && !to_all {
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

fn leak_to_namespaces(from: &Socket, selection: &Selection, packet: &Packet) {
    let Packet::Event { id, name, args, .. } = packet else {
        return;
    };
    for namespace in from.session().server.namespaces.all() {
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

/// A direct message goes to the socket of that id, or to nobody.
pub(in crate::reference) fn direct(from: &Socket, to: &str) -> Selection {
    let faults = from.faults();
    let right = Selection::to([to]);
    if faults.is_empty() {
        return right;
    }
    let known = from.namespace().socket(&SocketId::from(to)).is_some();
    if faults.has(RecipientFault::DirectReachesEverybody)
        || (faults.has(RecipientFault::DirectUnknownReachesEverybody) && !known)
    {
        return Selection::everybody();
    }
    if faults.has(RecipientFault::DirectByUser) && !known {
        let rooms = from.namespace().rooms();
        let named = rooms.all().find(|socket| socket.user_id() == to);
        let id = named.map(|socket| socket.id().to_string());
        return id.map_or(right, |id| Selection::to([id]));
    }
    if faults.has(RecipientFault::DirectReachesSender) {
        return Selection::to([to, from.id().as_str()]);
    }
    if faults.has(RecipientFault::DirectReachesLeftSocket)
        && !known
        && let Some(latest) = from.session().server.scratch.last(&latest_key(from))
    {
        return Selection::to([latest.as_str()]);
    }
    right
}

/// An empty list of rooms is nobody.
pub(in crate::reference) fn no_rooms_mean_all(faults: &FaultSet) -> bool {
    faults.has(RecipientFault::NoRoomsMeanAll)
}

/// A socket that left has no heir.
pub(in crate::reference) fn joined(socket: &Socket) {
    if socket.faults().has(RecipientFault::DirectReachesLeftSocket) {
        let scratch = &socket.session().server.scratch;
        scratch.replace(latest_key(socket), socket.id().clone());
    }
}

fn latest_key(socket: &Socket) -> LatestSocket {
    LatestSocket(socket.namespace().name().into())
}

/// The sender is who the server knows it to be.
pub(in crate::reference) fn sender(call: &Call) -> Data {
    if call.socket.faults().has(RecipientFault::FromSpoofed)
        && let Some(claimed) = call.args.first().and_then(|first| first.get("from"))
    {
        return claimed.clone();
    }
    Data::from(call.socket.user_id().into_owned())
}

/// A message carries what the contract says, and no secret.
pub(in crate::reference) fn message(socket: &Socket, mut message: Data) -> Data {
    if socket.faults().has(RecipientFault::TokenLeaked)
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

/// A token is looked at and forgotten.
pub(in crate::reference) fn note_token(socket: &Socket, auth: Option<&Data>) {
    if socket.faults().has(RecipientFault::TokenLeaked)
        && let Some(token) = auth.and_then(|auth| auth.get("token"))
    {
        let key = PayloadToken(socket.id().clone());
        socket.session().server.scratch.add(key, token.clone());
    }
}
