//! The clients that the tests of the reference server use.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use sockspec::reference::{Config, FaultSet, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

/// The deadline of every wait. A test that reaches it fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Starts a server with `config`.
pub(crate) async fn start(config: Config) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Server::start(listener, config).unwrap()
}

/// Starts a server with one fault.
pub(crate) async fn start_with(fault: &str) -> Server {
    start(Config {
        faults: FaultSet::from_ids([fault]).unwrap(),
        ..Config::default()
    })
    .await
}

/// One WebSocket to the reference server.
pub(crate) struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Peer {
    /// Opens a WebSocket with `query`.
    pub(crate) async fn open(server: &Server, query: &str) -> Self {
        let url = format!("ws://{}/socket.io/?{query}", server.address());
        let (socket, _) = timeout(DEADLINE, connect_async(url))
            .await
            .unwrap()
            .unwrap();
        Self { socket }
    }

    /// Opens a session and joins the main namespace. Also returns the socket's id.
    pub(crate) async fn join(server: &Server) -> (Self, String) {
        let mut peer = Self::open(server, "EIO=4&transport=websocket").await;
        assert!(peer.text().await.starts_with("0{"));
        peer.send("40").await;
        let reply: Value =
            serde_json::from_str(peer.text().await.strip_prefix("40").unwrap()).unwrap();
        let sid = reply["sid"].as_str().unwrap().to_owned();
        (peer, sid)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &'static [u8]) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    pub(crate) async fn message(&mut self) -> Message {
        timeout(DEADLINE, self.socket.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.message().await {
            Message::Text(text) => text.to_string(),
            other => panic!("{other:?} instead of text"),
        }
    }

    /// Sends `text` and checks that the next message is `answer`.
    pub(crate) async fn ask(&mut self, text: &str, answer: &str) {
        self.send(text).await;
        assert_eq!(self.text().await, answer, "answer to {text}");
    }

    /// Waits for the server's close frame, then for the end of the stream. Returns the close code.
    pub(crate) async fn closed(&mut self) -> Option<CloseCode> {
        let close = match self.message().await {
            Message::Close(close) => close.map(|frame| frame.code),
            other => panic!("{other:?} instead of a close frame"),
        };
        while let Ok(Some(Ok(_))) = timeout(DEADLINE, self.socket.next()).await {}
        close
    }
}

/// One HTTP response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends one request on its own connection; `head` holds further header lines.
pub(crate) async fn http(server: &Server, line: &str, head: &[&str], body: &str) -> Response {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let mut request = format!("{line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for header in head {
        request += &format!("{header}\r\n");
    }
    if !body.is_empty() {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    request += &format!("\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    response(&mut stream).await
}

/// Reads a response up to the end of the connection.
pub(crate) async fn response(stream: &mut TcpStream) -> Response {
    let mut bytes = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Response {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

pub(crate) async fn get(server: &Server, query: &str) -> Response {
    http(server, &format!("GET /socket.io/?{query}"), &[], "").await
}

pub(crate) async fn post(server: &Server, sid: &str, body: &str) -> Response {
    let line = format!("POST /socket.io/?EIO=4&transport=polling&sid={sid}");
    http(server, &line, &[], body).await
}

pub(crate) async fn poll(server: &Server, sid: &str) -> Response {
    get(server, &format!("EIO=4&transport=polling&sid={sid}")).await
}

/// Opens a polling session and returns its id.
pub(crate) async fn open_polling(server: &Server) -> String {
    let opened = get(server, "EIO=4&transport=polling").await;
    assert_eq!(opened.status, 200);
    let packet: Value = serde_json::from_str(opened.body.strip_prefix('0').unwrap()).unwrap();
    packet["sid"].as_str().unwrap().to_owned()
}
