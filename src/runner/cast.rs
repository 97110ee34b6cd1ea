//! The clients of one attempt and what the runner remembers of each.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use super::user::{user_of_handshake, user_of_payload};
use crate::{
    client::{Connection, Entry, Layer, Options, Outgoing, TransportChoice, What},
    data::Data,
    scenario::{ClientField, ClientName, ClientSpec},
    wire::{
        engine_io::{PacketData, PacketType},
        socket_io::{AckId, Packet},
        websocket::OpCode,
    },
};

/// RSV1, which marks a compressed message (RFC 7692 section 6).
const COMPRESSED: u8 = 0b100;

/// All clients of one attempt, in order of declaration.
#[derive(Debug)]
pub(super) struct Cast {
    clients: Vec<Arc<Client>>,
    by_name: HashMap<ClientName, usize>,
}

/// One client.
#[derive(Debug)]
pub(super) struct Client {
    /// As declared.
    pub(super) spec: ClientSpec,
    state: Mutex<ClientState>,
}

/// What changes about a client.
#[derive(Debug, Default)]
pub(super) struct ClientState {
    /// Its connections, the present one last.
    links: Vec<Arc<Link>>,
    /// The namespace that steps mean when they name none.
    pub(super) namespace: String,
    /// Whether it has sent something since the last fence.
    pub(super) dirty: bool,
    /// Whether its last step sent something by hand, so that the next one goes on with the same act.
    pub(super) in_one_go: bool,
}

/// One connection of a client and which of its entries steps have claimed.
#[derive(Debug)]
pub(super) struct Link {
    /// The connection.
    pub(super) connection: Connection,
    /// Up to which layer it is decoded.
    pub(super) layer: Layer,
    /// Whether it takes part in the session of another connection.
    pub(super) joins_session: bool,
    /// The revision of Engine.IO that it speaks.
    pub(super) eio: u8,
    /// Whether packets travel as msgpack.
    pub(super) msgpack: bool,
    /// Whether frames can be sent on it.
    pub(super) websocket: bool,
    /// The user of the token in the handshake.
    user: Option<String>,
    /// The entry that holds this session's own open packet.
    open_packet: OnceLock<usize>,
    /// The entry that holds the frame which carried it.
    open_frame: OnceLock<usize>,
    state: Mutex<LinkState>,
}

/// What changes about a link.
#[derive(Debug, Default)]
pub(super) struct LinkState {
    /// Entries that an observation has claimed.
    pub(super) claimed: HashSet<usize>,
    /// Entries before this one are behind the `receive` steps, by kind of observation.
    pub(super) cursor: Cursor,
    /// Joined namespaces and their Socket.IO ids.
    pub(super) joined: BTreeMap<String, String>,
    /// The users of the tokens in CONNECT packets, by namespace.
    users: BTreeMap<String, String>,
    /// The id of the next event that asks for an ack.
    next_ack: u64,
    /// Questions of the server that a step has answered, or chose not to.
    pub(super) answered: HashSet<(String, AckId)>,
    /// Acks that belong to fences, not to the scenario.
    pub(super) fences: HashSet<AckId>,
    /// Entries before this one are in the log.
    pub(super) logged: usize,
}

/// How far the `receive` steps have come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    /// In packets and messages.
    pub(super) packets: usize,
    /// In frames.
    pub(super) frames: usize,
}

impl Cast {
    /// The clients as declared, none connected.
    pub(super) fn new(specs: &[ClientSpec]) -> Self {
        let clients: Vec<_> = specs
            .iter()
            .map(|spec| {
                let state = ClientState {
                    namespace: "/".to_owned(),
                    ..ClientState::default()
                };
                Arc::new(Client {
                    spec: spec.clone(),
                    state: Mutex::new(state),
                })
            })
            .collect();
        let by_name = clients
            .iter()
            .enumerate()
            .map(|(index, client)| (client.spec.name.clone(), index))
            .collect();
        Self { clients, by_name }
    }

    /// The client of a cast of one.
    pub(super) fn into_only(mut self) -> Option<Arc<Client>> {
        self.clients.pop()
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Arc<Client>] {
        &self.clients
    }

    /// The client of this name; loading made sure that it exists.
    pub(super) fn get(&self, name: &ClientName) -> Option<&Arc<Client>> {
        self.clients.get(*self.by_name.get(name)?)
    }
}

impl Client {
    /// The state, for a moment; don't hold it over an `.await`.
    pub(super) fn state(&self) -> MutexGuard<'_, ClientState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present connection, ended or not.
    pub(super) fn link(&self) -> Option<Arc<Link>> {
        self.state().links.last().cloned()
    }

    /// All connections it has had, oldest first.
    pub(super) fn links(&self) -> Vec<Arc<Link>> {
        self.state().links.clone()
    }

    /// Takes a new connection into use.
    pub(super) fn add_link(&self, connection: Connection, options: &Options) -> Arc<Link> {
        let link = Arc::new(Link {
            connection,
            layer: options.layer,
            joins_session: options.session.is_some(),
            eio: options.eio,
            msgpack: options.msgpack,
            websocket: options.layer != Layer::Tcp && options.transport != TransportChoice::Polling,
            user: user_of_handshake(options),
            open_packet: OnceLock::new(),
            open_frame: OnceLock::new(),
            state: Mutex::default(),
        });
        self.state().links.push(Arc::clone(&link));
        link
    }

    /// The client as steps see it in variables: `$sender.sid`.
    pub(super) fn to_data(&self) -> Data {
        let namespace = self.state().namespace.clone();
        let Some(link) = self.link() else {
            return Data::object::<String>([]);
        };
        let fields = ClientField::ALL.into_iter();
        Data::object(
            fields.filter_map(|field| Some((field.name(), link.field(field, &namespace)?))),
        )
    }
}

impl Link {
    /// Returns the value of a field of the client in `namespace`, or `None` if the connection does not have it yet.
    fn field(&self, field: ClientField, namespace: &str) -> Option<Data> {
        let handshake = self.connection.handshake();
        let state = self.state();
        let sid = || state.joined.get(namespace).cloned();
        match field {
            ClientField::EngineSid => handshake.map(|handshake| Data::from(handshake.sid.as_str())),
            ClientField::Handshake => handshake.map(|handshake| handshake.to_data()),
            ClientField::Namespace => Some(Data::from(namespace)),
            ClientField::Sid => sid().map(Data::from),
            ClientField::User => {
                let presented = state.users.get(namespace).or(self.user.as_ref());
                presented.cloned().or_else(sid).map(Data::from)
            }
        }
    }

    /// The state, for a moment; don't hold it over an `.await`.
    pub(super) fn state(&self) -> MutexGuard<'_, LinkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an entry is the open packet that opened this session, or its frame.
    ///
    /// `receive` steps don't see it: the step that opened the session has judged it.
    pub(super) fn is_own_open_packet(&self, index: usize, entry: &Entry) -> bool {
        let first = match &entry.what {
            What::Packet(packet) if packet.kind == PacketType::Open => &self.open_packet,
            // A compressed one can't be told by its payload, but the open packet is the first message.
            What::Frame(frame)
                if frame.rsv == COMPRESSED
                    || frame.payload.first() == Some(&PacketType::Open.digit()) =>
            {
                &self.open_frame
            }
            _ => return false,
        };
        // Journals are read from the front, so the first one seen is the first one there is.
        let opens_session = self.layer != Layer::WebSocket && !self.joins_session;
        opens_session && *first.get_or_init(|| index) == index
    }

    /// Notes the user of the token in the payload of a CONNECT packet.
    pub(super) fn note_user(&self, namespace: &str, payload: Option<&Data>) {
        let user = payload.and_then(user_of_payload);
        let mut state = self.state();
        match user {
            Some(user) => state.users.insert(namespace.to_owned(), user),
            None => state.users.remove(namespace),
        };
    }

    /// Sees the open packet, and its frame, for who reads the journal only behind them.
    pub(super) fn pass_open_packet(&self) {
        for (index, entry) in self.connection.journal().entries().iter().enumerate() {
            self.is_own_open_packet(index, entry);
        }
    }

    /// The open packet's data with every field that the server put there.
    pub(super) fn open_packet_data(&self) -> Option<Data> {
        let journalled = {
            let entries = self.connection.journal().entries();
            entries.iter().find_map(|entry| match &entry.what {
                What::Packet(packet) if packet.kind == PacketType::Open => match &packet.data {
                    PacketData::Text(text) => serde_json::from_str(text).ok(),
                    PacketData::Binary(_) => None,
                },
                _ => None,
            })
        };
        journalled.or_else(|| {
            self.connection
                .handshake()
                .map(|handshake| handshake.to_data())
        })
    }

    /// The id for the next event that asks for an ack.
    pub(super) fn next_ack(&self) -> AckId {
        let mut state = self.state();
        let id = AckId(state.next_ack);
        state.next_ack += 1;
        id
    }

    /// The namespaces that the client is in: joined, and not left by either side since.
    pub(super) fn joined(&self) -> Vec<String> {
        let mut joined: Vec<_> = self.state().joined.keys().cloned().collect();
        let entries = self.connection.journal().entries();
        joined.retain(|namespace| {
            let last = entries.iter().rev().find_map(|entry| match &entry.what {
                What::Socket(Packet::Connect {
                    namespace: found, ..
                }) if found == namespace => Some(true),
                What::Socket(Packet::Disconnect { namespace: found }) if found == namespace => {
                    Some(false)
                }
                _ => None,
            });
            last.unwrap_or(false)
        });
        joined
    }

    /// Bytes of the largest message, or HTTP body, that this side sent.
    pub(super) fn largest_sent(&self) -> usize {
        let entries = self.connection.journal().entries();
        let mut message = 0;
        let lengths = entries.iter().map(|entry| match &entry.what {
            What::Sent(Outgoing::Frame(frame)) if frame.opcode.is_control() => 0,
            What::Sent(Outgoing::Frame(frame)) => {
                let fragments = match frame.opcode {
                    OpCode::Continuation => message,
                    _ => 0,
                };
                message = fragments + frame.payload.len();
                message
            }
            What::Sent(Outgoing::Http { body, .. }) => body.len(),
            What::Sent(Outgoing::Packet(text)) => text.len(),
            _ => 0,
        });
        lengths.max().unwrap_or_default()
    }

    /// Whether the connection has ended without this side's doing.
    pub(super) fn was_ended_by_the_server(&self) -> bool {
        let entries = self.connection.journal().entries();
        entries
            .last()
            .is_some_and(|entry| matches!(&entry.what, What::Ended(ended) if !ended.by_us))
    }

    /// Whether the connection has ended.
    pub(super) fn has_ended(&self) -> bool {
        let entries = self.connection.journal().entries();
        entries
            .last()
            .is_some_and(|entry| matches!(entry.what, What::Ended(_)))
    }
}
