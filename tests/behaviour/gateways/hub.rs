//! The connections and rooms of a small gateway, over Socket.IO or over a plain WebSocket.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{accept_async, tungstenite::Message};
use tokio_util::task::AbortOnDropHandle;

use super::chat::Chat;

/// Returns an open packet with a heartbeat so long that no ping is sent during a test.
fn open_packet(client: usize) -> String {
    let open = json!({
        "sid": format!("engine-{client:08}"),
        "upgrades": [],
        "pingInterval": 25000,
        "pingTimeout": 20000,
        "maxPayload": 1_000_000,
    });
    format!("0{open}")
}

/// How events travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wire {
    /// An array of the event and its payload, over a plain WebSocket.
    Array,
    /// JSON-RPC 2.0 over a plain WebSocket.
    JsonRpc,
    /// An object `{event, data, id}` over a plain WebSocket.
    Object,
    /// Socket.IO over a WebSocket, without polling.
    SocketIo,
}

/// A gateway that runs until this value is dropped.
pub(super) struct Gateway {
    /// The address, `http://127.0.0.1:PORT`.
    pub(super) url: String,
    _task: AbortOnDropHandle<()>,
}

/// A request of a client.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The number of the client.
    pub(super) client: usize,
    /// The name of the event.
    pub(super) event: String,
    /// The first argument of the event.
    pub(super) data: Value,
    /// The ack id, if the client asked for an acknowledgement.
    pub(super) id: Option<u64>,
}

/// The clients of a gateway and their rooms.
#[derive(Debug)]
pub(super) struct Hub {
    wire: Wire,
    clients: BTreeMap<usize, Connected>,
}

#[derive(Debug)]
struct Connected {
    outbox: UnboundedSender<Message>,
    rooms: BTreeSet<String>,
}

/// Starts a chat on a free port.
pub(super) async fn serve(chat: Chat) -> Gateway {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let hub = Arc::new(Mutex::new(Hub {
        wire: chat.wire,
        clients: BTreeMap::new(),
    }));
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept().await {
            number += 1;
            connections.spawn(converse(stream, number, Arc::clone(&hub), chat));
        }
    });
    Gateway {
        url,
        _task: AbortOnDropHandle::new(task),
    }
}

/// Serves one connection to its end.
async fn converse(stream: TcpStream, client: usize, hub: Arc<Mutex<Hub>>, chat: Chat) {
    let Ok(socket) = accept_async(stream).await else {
        return;
    };
    let (mut sink, mut source) = socket.split();
    let (outbox, mut queue) = unbounded_channel();
    let writer = tokio::spawn(async move {
        while let Some(message) = queue.recv().await {
            if sink.send(message).await.is_err() {
                return;
            }
        }
    });
    let writer = AbortOnDropHandle::new(writer);
    if chat.wire == Wire::SocketIo {
        outbox.send(Message::text(open_packet(client))).unwrap();
    }
    let connected = Connected {
        outbox,
        rooms: BTreeSet::new(),
    };
    hub.lock().unwrap().clients.insert(client, connected);
    while let Some(Ok(message)) = source.next().await {
        match message {
            Message::Text(text) => receive(&hub, chat, client, &text),
            // Tungstenite queues the answers to pings and close frames; the writer's next flush sends them.
            Message::Ping(_) => hub
                .lock()
                .unwrap()
                .send(client, Message::Pong(Vec::new().into())),
            Message::Close(_) => break,
            Message::Binary(_) | Message::Frame(_) | Message::Pong(_) => {}
        }
    }
    hub.lock().unwrap().clients.remove(&client);
    drop(writer);
}

fn receive(hub: &Mutex<Hub>, chat: Chat, client: usize, text: &str) {
    let mut hub = hub.lock().unwrap();
    let request = match hub.wire {
        Wire::SocketIo if text.starts_with("40") => {
            hub.send(
                client,
                Message::text(format!("40{{\"sid\":\"socket-{client:08}\"}}")),
            );
            return;
        }
        Wire::SocketIo if text.starts_with("41") => {
            hub.leave_all(client);
            return;
        }
        Wire::SocketIo => socket_io_request(client, text),
        Wire::Array | Wire::JsonRpc | Wire::Object => plain_request(hub.wire, client, text),
    };
    if let Some(request) = request {
        chat.handle(&mut hub, &request);
    }
}

/// Returns the event of a Socket.IO packet.
fn socket_io_request(client: usize, text: &str) -> Option<Request> {
    let rest = text.strip_prefix("42")?;
    let start = rest.find('[')?;
    let items: Vec<Value> = serde_json::from_str(&rest[start..]).ok()?;
    Some(Request {
        client,
        event: items.first()?.as_str()?.to_owned(),
        data: items.get(1).cloned().unwrap_or_default(),
        id: rest[..start].parse().ok(),
    })
}

/// Returns the event in a message of a plain WebSocket.
fn plain_request(wire: Wire, client: usize, text: &str) -> Option<Request> {
    let message: Value = serde_json::from_str(text).ok()?;
    let (event, data) = match wire {
        Wire::Array => (&message[0], &message[1]),
        // `params` is an object, or a list with the payload.
        Wire::JsonRpc if message["params"].is_array() => {
            (&message["method"], &message["params"][0])
        }
        Wire::JsonRpc => (&message["method"], &message["params"]),
        Wire::Object => (&message["event"], &message["data"]),
        Wire::SocketIo => return None,
    };
    Some(Request {
        client,
        event: event.as_str()?.to_owned(),
        data: data.clone(),
        id: message["id"].as_u64(),
    })
}

impl Hub {
    /// Sends an event to one client.
    pub(super) fn emit(&self, client: usize, event: &str, data: &Value) {
        let text = match self.wire {
            Wire::Array => json!([event, data]).to_string(),
            Wire::JsonRpc => {
                json!({ "jsonrpc": "2.0", "method": event, "params": data }).to_string()
            }
            Wire::Object => json!({ "event": event, "data": data }).to_string(),
            Wire::SocketIo => format!("42{}", json!([event, data])),
        };
        self.send(client, Message::text(text));
    }

    /// Sends a value to one client, without an envelope.
    pub(super) fn send_value(&self, client: usize, data: &Value) {
        self.send(client, Message::text(data.to_string()));
    }

    /// Acknowledges a request, if the client asked for an acknowledgement.
    pub(super) fn acknowledge(&self, request: &Request, data: &Value) {
        let Some(id) = request.id else { return };
        let text = match self.wire {
            Wire::Array => return,
            Wire::JsonRpc => json!({ "jsonrpc": "2.0", "id": id, "result": data }).to_string(),
            Wire::Object => json!({ "event": "done", "data": data, "id": id }).to_string(),
            Wire::SocketIo => format!("43{id}{}", json!([data])),
        };
        self.send(request.client, Message::text(text));
    }

    pub(super) fn join(&mut self, client: usize, room: &str) {
        if let Some(connected) = self.clients.get_mut(&client) {
            connected.rooms.insert(room.to_owned());
        }
    }

    pub(super) fn leave(&mut self, client: usize, room: &str) {
        if let Some(connected) = self.clients.get_mut(&client) {
            connected.rooms.remove(room);
        }
    }

    /// Takes a client that disconnects from the namespace out of its rooms.
    fn leave_all(&mut self, client: usize) {
        if let Some(connected) = self.clients.get_mut(&client) {
            connected.rooms.clear();
        }
    }

    /// Returns the numbers of the clients in a room.
    pub(super) fn members(&self, room: &str) -> Vec<usize> {
        let clients = self.clients.iter();
        clients
            .filter(|(_, connected)| connected.rooms.contains(room))
            .map(|(client, _)| *client)
            .collect()
    }

    fn send(&self, client: usize, message: Message) {
        if let Some(connected) = self.clients.get(&client) {
            // The send fails only if the connection has ended.
            let _ = connected.outbox.send(message);
        }
    }
}
