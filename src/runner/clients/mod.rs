//! The clients of one attempt, and what the runner remembers about each.

pub(super) mod bystander;
pub(super) mod echo;
pub(super) mod echo_form;
pub(super) mod entrance;
pub(super) mod join_by_hand;
pub(super) mod login;
mod pace;
pub(super) mod presented;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::time::Instant;

use self::{
    login::{Entered, user_of_handshake, user_of_payload},
    pace::Pace,
};
use crate::{
    client::{
        ConnectFailure, Connection, Endpoint, Entry, Envelopes, Journal, Layer, Options, Outgoing,
        TransportChoice, Unopened, What,
    },
    data::Data,
    runner::journal::{received::Received, requests::Requests},
    scenario::{ClientField, ClientName, ClientSpec},
    wire::{
        engine_io::{PacketData, PacketType},
        socket_io::AckId,
        websocket::OpCode,
    },
};

/// The RSV1 bit, which marks a compressed message (RFC 7692 section 6).
const COMPRESSED: u8 = 0b100;

/// The first ack id of the runner's own requests.
const OWN_ACKS: u64 = 1_000_000;

/// All clients of one attempt, in order of declaration.
#[derive(Debug, Default)]
pub(super) struct Clients {
    clients: Vec<Arc<Client>>,
    by_name: HashMap<ClientName, usize>,
}

/// A client of the scenario, or a client that the runner adds.
#[derive(Debug)]
pub(super) struct Client {
    /// The client as the scenario declares it.
    pub(super) spec: ClientSpec,
    state: Mutex<ClientState>,
}

/// The mutable state of a client.
#[derive(Debug, Default)]
pub(super) struct ClientState {
    /// The client's connections, the current one last.
    links: Vec<Arc<Link>>,
    /// What the client got from the requests before it connected, if it has made them.
    pub(super) entered: Option<Entered>,
    /// The journals of the connections that did not open.
    unopened: Vec<Arc<Journal>>,
    /// The namespace that a step uses if the step names none.
    pub(super) namespace: String,
    /// When the client has sent its last events, if the application limits them.
    pub(super) pace: Pace,
    /// The token that the client shows in place of the manifest's: the scenario's token, if the manifest says where a
    /// token stands, or the client's own token, if no two clients can be the same user.
    pub(super) own_token: Option<Data>,
    /// Whether the server has to refuse the client for its login, so that the client does not enter.
    pub(super) is_stranger: bool,
    /// The user that the application reports for the client, if the manifest says so and the client logs in as the
    /// manifest says.
    pub(super) user: Option<String>,
    /// Whether the client has sent something since the last fence (a round trip that proves that everything sent before
    /// has arrived), so that the next fence has to wait for this client.
    pub(super) has_sent_since_fence: bool,
    /// Whether the client's last step sent data that the scenario itself writes (packets, frames or bytes). If the next
    /// step does too, both steps can send parts of one message.
    pub(super) has_just_sent_by_hand: bool,
}

/// One connection of a client. Also holds which journal entries steps have claimed, that is, received as expected.
#[derive(Debug)]
pub(super) struct Link {
    /// The connection itself, with its journal.
    pub(super) connection: Connection,
    /// The highest protocol layer that the connection decodes, for example WebSocket or Socket.IO.
    pub(super) layer: Layer,
    /// Whether the connection joins the Engine.IO session of another connection.
    pub(super) joins_session: bool,
    /// The Engine.IO revision of the connection: 3 or 4.
    pub(super) eio: u8,
    /// Whether Socket.IO packets on this connection are encoded with msgpack.
    pub(super) msgpack: bool,
    /// The envelopes in which events travel on the connection; `None` if it carries no envelopes.
    pub(super) envelopes: Option<Envelopes>,
    /// Whether the connection can carry WebSocket frames.
    pub(super) websocket: bool,
    /// Whether the scenario answers the pings itself (`heartbeat: false`).
    pub(super) heartbeat_by_hand: bool,
    /// Whether only the steps of the scenario poll the session (`poll: false`), so that nobody answers its pings
    /// between these steps.
    pub(super) polled_by_hand: bool,
    /// The user that the token in the handshake names; `None` if no token in the handshake names a user.
    user: Option<String>,
    /// The index of the journal entry with this session's open packet.
    open_packet: OnceLock<usize>,
    /// The index of the journal entry with the frame that carried the open packet.
    open_frame: OnceLock<usize>,
    /// The number of journal entries, from the first on, that waits have found to be legal.
    pub(super) lawful: AtomicUsize,
    /// The ack id for the next event of a step.
    next_ack: AtomicU64,
    /// The number of ack ids that the runner's own requests have taken.
    own_acks: AtomicU64,
    state: Mutex<LinkState>,
}

/// The mutable state of a link, which is one connection of a client.
#[derive(Debug, Default)]
pub(super) struct LinkState {
    /// Which journal entries steps have claimed, that is, received as expected.
    pub(super) received: Received,
    /// The requests that steps sent, and the server's answers to them.
    pub(super) requests: Requests,
    /// Where the next `receive` step starts to read the journal.
    pub(super) cursor: Cursor,
    /// The joined namespaces, each with the client's socket id in that namespace.
    pub(super) joined: BTreeMap<String, String>,
    /// The users named by the tokens in CONNECT packets, by namespace.
    users: BTreeMap<String, String>,
    /// The ack ids of fences, which are round trips of the runner and not of the scenario.
    pub(super) fences: HashSet<AckId>,
    /// When the runner sent the requests of fences: just before and just after.
    pub(super) fence_requests: Vec<[Instant; 2]>,
    /// The indices of the events that answer fences.
    pub(super) fence_answers: HashSet<usize>,
    /// The number of journal entries that have already been written to the log.
    pub(super) logged: usize,
}

/// Where in the journal the next `receive` step starts to read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    /// The index of the first entry for steps that receive packets or messages.
    pub(super) packets: usize,
    /// The index of the first entry for steps that receive frames.
    pub(super) frames: usize,
}

impl Clients {
    /// Creates the declared clients. None of them is connected. `main` is the target's name of the main namespace.
    pub(super) fn new(specs: &[ClientSpec], main: &str) -> Self {
        let clients: Vec<_> = specs
            .iter()
            .map(|spec| {
                let state = ClientState {
                    namespace: main.to_owned(),
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

    /// Returns a list in which a client of another list has this name.
    pub(super) fn with(name: &ClientName, client: &Arc<Client>) -> Self {
        Self {
            clients: vec![Arc::clone(client)],
            by_name: HashMap::from([(name.clone(), 0)]),
        }
    }

    /// Takes the client out of a list that was created with only one client, and returns it.
    pub(super) fn into_only(mut self) -> Option<Arc<Client>> {
        self.clients.pop()
    }

    /// Returns all clients.
    pub(super) fn all(&self) -> &[Arc<Client>] {
        &self.clients
    }

    /// Returns the client of this name. The loader has checked that the client exists.
    pub(super) fn get(&self, name: &ClientName) -> Option<&Arc<Client>> {
        self.clients.get(*self.by_name.get(name)?)
    }
}

impl Client {
    /// Locks the state. Don't hold the guard over an `.await`.
    pub(super) fn state(&self) -> MutexGuard<'_, ClientState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the current connection, which may have ended.
    pub(super) fn link(&self) -> Option<Arc<Link>> {
        self.state().links.last().cloned()
    }

    /// Returns all connections of the client, oldest first.
    pub(super) fn links(&self) -> Vec<Arc<Link>> {
        self.state().links.clone()
    }

    /// Returns the journals of the connections that did not open, oldest first.
    pub(super) fn unopened(&self) -> Vec<Arc<Journal>> {
        self.state().unopened.clone()
    }

    /// Opens a connection and makes it the current one.
    ///
    /// # Errors
    ///
    /// Returns why the connection did not open. The trace shows what was sent and received.
    pub(super) async fn open(
        &self,
        endpoint: &Endpoint,
        options: &Options,
    ) -> Result<Arc<Link>, ConnectFailure> {
        match Connection::open_recorded(endpoint, options.clone()).await {
            Ok(connection) => Ok(self.add_link(connection, options)),
            Err(Unopened { failure, journal }) => {
                self.state().unopened.push(journal);
                Err(failure)
            }
        }
    }

    /// Adds a new connection of the client, which becomes the current connection.
    pub(super) fn add_link(&self, connection: Connection, options: &Options) -> Arc<Link> {
        let link = Arc::new(Link {
            connection,
            layer: options.layer,
            joins_session: options.session.is_some(),
            eio: options.eio,
            msgpack: options.msgpack,
            envelopes: options
                .envelopes
                .clone()
                .filter(|_| options.layer == Layer::SocketIo),
            websocket: options.layer != Layer::Tcp
                && (options.transport != TransportChoice::Polling || options.envelopes.is_some()),
            heartbeat_by_hand: !options.heartbeat,
            polled_by_hand: options.transport == TransportChoice::Polling && !options.poll,
            user: user_of_handshake(options),
            open_packet: OnceLock::new(),
            open_frame: OnceLock::new(),
            lawful: AtomicUsize::new(0),
            next_ack: AtomicU64::new(0),
            own_acks: AtomicU64::new(0),
            state: Mutex::default(),
        });
        self.state().links.push(Arc::clone(&link));
        link
    }

    /// Returns the fields of the client that a scenario reads with variables such as `$sender.sid`.
    pub(super) fn to_data(&self) -> Data {
        let (namespace, user) = {
            let state = self.state();
            (state.namespace.clone(), state.user.clone())
        };
        let Some(link) = self.link() else {
            return Data::object::<String>([]);
        };
        let value = |field| match (field, &user) {
            (ClientField::User, Some(user)) => Some(Data::from(user.as_str())),
            (field, _) => link.field(field, &namespace),
        };
        let fields = ClientField::ALL.into_iter();
        Data::object(fields.filter_map(|field| Some((field.name(), value(field)?))))
    }
}

impl Link {
    /// Returns the value of a field of the client in `namespace`, or `None` if the connection does not have that value
    /// yet.
    fn field(&self, field: ClientField, namespace: &str) -> Option<Data> {
        let handshake = self.connection.handshake();
        let state = self.state();
        // A plain WebSocket gives its clients no ids.
        let has_ids = self.envelopes.is_none();
        let sid = || state.joined.get(namespace).filter(|_| has_ids).cloned();
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

    /// Locks the state. Don't hold the guard over an `.await`.
    pub(super) fn state(&self) -> MutexGuard<'_, LinkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if an entry is the open packet of this session, or the frame that carried the open packet.
    ///
    /// `receive` steps skip these entries, because the step that opened the session has judged them.
    pub(super) fn is_own_open_packet(&self, index: usize, entry: &Entry) -> bool {
        let first = match &entry.what {
            What::Packet(packet) if packet.kind == PacketType::Open => &self.open_packet,
            // A compressed frame can't be read here. Assume that it carries the open packet: that is always the first
            // message.
            What::Frame(frame)
                if frame.rsv == COMPRESSED
                    || frame.payload.first() == Some(&PacketType::Open.digit()) =>
            {
                &self.open_frame
            }
            _ => return false,
        };
        // Callers pass the entries of a journal in order, so the first open packet passed in is the first in the
        // journal.
        let opens_session = self.layer != Layer::WebSocket && !self.joins_session;
        opens_session && *first.get_or_init(|| index) == index
    }

    /// Stores the user that the token in a CONNECT payload names, for `namespace`.
    pub(super) fn note_user(&self, namespace: &str, payload: Option<&Data>) {
        let user = payload.and_then(user_of_payload);
        let mut state = self.state();
        match user {
            Some(user) => state.users.insert(namespace.to_owned(), user),
            None => state.users.remove(namespace),
        };
    }

    /// Finds the open packet and the frame that carried it, so that `receive` steps skip both entries.
    fn skip_open_packet(&self) {
        for (index, entry) in self.connection.journal().entries().iter().enumerate() {
            self.is_own_open_packet(index, entry);
        }
    }

    /// Makes later `receive` steps start at the journal entry `next`. Earlier entries came before the steps sent
    /// anything, so they can't be answers.
    pub(super) fn receive_from(&self, next: usize) {
        self.skip_open_packet();
        let mut state = self.state();
        state.cursor.packets = next;
        state.cursor.frames = next;
    }

    /// Returns the data of the open packet, with all fields that the server sent.
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

    /// Returns a new ack id for an event.
    pub(super) fn next_ack(&self) -> AckId {
        AckId(self.next_ack.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns a new ack id for a request of the runner itself, such as a fence. These ids are far from those of the
    /// steps, so that a server that sends acknowledgements with wrong ids does not answer them.
    pub(super) fn next_own_ack(&self) -> AckId {
        AckId(OWN_ACKS + self.own_acks.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns true if [`Self::next_ack`] or [`Self::next_own_ack`] has returned this id. A step that writes packets by
    /// hand can use other ids.
    pub(super) fn has_allotted(&self, id: AckId) -> bool {
        let of_runner = OWN_ACKS..OWN_ACKS + self.own_acks.load(Ordering::Relaxed);
        id.0 < self.next_ack.load(Ordering::Relaxed) || of_runner.contains(&id.0)
    }

    /// Returns the namespaces that the client has joined and that neither side has left since.
    pub(super) fn joined(&self) -> Vec<String> {
        let mut state = self.state();
        let entries = self.connection.journal().entries();
        state.received.read(&entries);
        let joined = state.joined.keys();
        joined
            .filter(|namespace| state.received.is_connected(namespace))
            .cloned()
            .collect()
    }

    /// Returns the number of bytes in the largest message or HTTP body that the client sent.
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

    /// Returns true if the connection has ended and the client did not end it.
    pub(super) fn was_ended_by_the_server(&self) -> bool {
        let entries = self.connection.journal().entries();
        entries
            .last()
            .is_some_and(|entry| matches!(&entry.what, What::Ended(ended) if !ended.by_us))
    }

    /// Returns true if the connection has ended.
    pub(super) fn has_ended(&self) -> bool {
        let entries = self.connection.journal().entries();
        entries
            .last()
            .is_some_and(|entry| matches!(entry.what, What::Ended(_)))
    }
}
