//! A relay in front of a reference server that replaces what the server sends at one stage of a connection.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use sockspec::{
    reference::{Config, Server},
    wire::websocket::Frame,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::{JoinSet, yield_now},
    time::sleep,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    requests::{Request, Requests, Response},
    stage::{Act, Interference, Original, Stage},
};

/// The largest frame of the reference server that the relay reads.
const MAX_FRAME: usize = 64 << 20;

/// The time between two bytes of [`Act::Drip`].
const DRIP: Duration = Duration::from_millis(20);

/// A reference server behind a relay that interferes. Dropping this value ends both.
pub(super) struct Relay {
    /// The address of the relay.
    pub(super) url: String,
    _task: AbortOnDropHandle<()>,
    _server: Server,
}

/// What becomes of a connection after a list of acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Then {
    /// The relay ends its sending side, and waits until the client leaves. A close with unread bytes would be a reset.
    End,
    /// The relay goes on.
    GoOn,
    /// The relay sends nothing more, and waits until the client leaves.
    Hold,
    /// The relay resets the connection.
    Reset,
}

impl Relay {
    /// Starts a reference server with these settings and a relay in front of it.
    pub(super) async fn start(config: Config, interference: Interference) -> Self {
        let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::start(inner, config).unwrap();
        let address = server.address();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let interference = Arc::new(interference);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(relay(client, address, Arc::clone(&interference)));
                while connections.try_join_next().is_some() {}
            }
        });
        Self {
            url,
            _task: AbortOnDropHandle::new(task),
            _server: server,
        }
    }
}

/// Relays one connection until it ends.
async fn relay(client: TcpStream, server: SocketAddr, interference: Arc<Interference>) {
    let _ = client.set_nodelay(true);
    let (mut from_client, mut to_client) = client.into_split();
    if interference.stage == Stage::Accept {
        let then = perform(&interference.acts, &mut to_client, &Original::default()).await;
        match then {
            Then::GoOn => {}
            Then::Reset => return to_client.forget(),
            Then::Hold => return drain(&mut from_client).await,
            Then::End => {
                let _ = to_client.shutdown().await;
                return drain(&mut from_client).await;
            }
        }
    }
    let Ok(upstream) = TcpStream::connect(server).await else {
        return;
    };
    let (from_server, to_server) = upstream.into_split();
    let (noted, requests) = mpsc::unbounded_channel();
    let is_over = Arc::new(AtomicBool::new(false));
    let mut up = pin!(forward(from_client, to_server, noted, Arc::clone(&is_over)));
    let down = Down {
        from_server,
        to_client,
        interference: &interference,
        is_over,
        received: BytesMut::new(),
        requests,
        expected: VecDeque::new(),
    };
    let mut down = pin!(down.run());
    tokio::select! {
        (then, mut to_client) = &mut down => match then {
            // Dropping a half of the stream would end its sending side before the reset.
            Then::Reset => to_client.forget(),
            Then::Hold => up.await,
            Then::End | Then::GoOn => {
                let _ = to_client.shutdown().await;
                up.await;
            }
        },
        () = &mut up => {
            down.await;
        }
    }
}

/// Reads until the client leaves.
async fn drain(from_client: &mut OwnedReadHalf) {
    let mut unread = [0; 4096];
    while matches!(from_client.read(&mut unread).await, Ok(1..)) {}
}

/// Forwards what the client sends, and notes its requests. Forwards nothing more when the relay ends the connection: a
/// server does not handle requests on a connection that it has closed.
async fn forward(
    mut from_client: OwnedReadHalf,
    mut to_server: OwnedWriteHalf,
    noted: mpsc::UnboundedSender<Request>,
    is_over: Arc<AtomicBool>,
) {
    let mut requests = Requests::default();
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
        if is_over.load(Ordering::Relaxed) {
            return drain(&mut from_client).await;
        }
        for request in requests.read(&bytes[..count]) {
            let _ = noted.send(request);
        }
        if to_server.write_all(&bytes[..count]).await.is_err() {
            // The server reads no more. The client may still send, and the relay reads until it leaves.
            return drain(&mut from_client).await;
        }
    }
    let _ = to_server.shutdown().await;
}

/// The direction from the server to the client.
struct Down<'a> {
    from_server: OwnedReadHalf,
    to_client: OwnedWriteHalf,
    interference: &'a Interference,
    /// Whether the relay ends, or has ended, the connection. It is set before the client can notice.
    is_over: Arc<AtomicBool>,
    /// The bytes of the server that are not forwarded yet.
    received: BytesMut,
    requests: mpsc::UnboundedReceiver<Request>,
    /// The requests whose responses have not come yet.
    expected: VecDeque<Request>,
}

impl Down<'_> {
    /// Relays responses, then frames if a response switched to WebSocket. Returns the stream to the client, which stays
    /// open.
    async fn run(mut self) -> (Then, OwnedWriteHalf) {
        let then = self.responses().await;
        (then, self.to_client)
    }

    async fn responses(&mut self) -> Then {
        loop {
            let Some(response) = Response::take(&mut self.received, self.expected.front()) else {
                match self.read().await {
                    Then::GoOn => continue,
                    then => return then,
                }
            };
            let request = self.expected.pop_front().unwrap_or(Request::Other);
            if self.interference.stage == Stage::Request(request) {
                // The relay has answered in place of the server.
                continue;
            }
            let is_upgrade = response.status == 101;
            let original = Original::response(response, self.interference);
            let then = if self.interference.concerns_response(request, &original) {
                self.interfere(&original).await
            } else {
                send(&mut self.to_client, &original.bytes).await
            };
            if then != Then::GoOn {
                return then;
            }
            if is_upgrade {
                return self.frames().await;
            }
        }
    }

    async fn frames(&mut self) -> Then {
        loop {
            let Ok(decoded) = Frame::decode(&mut self.received, MAX_FRAME) else {
                return self.rest().await;
            };
            let Some(frame) = decoded else {
                match self.read().await {
                    Then::GoOn => continue,
                    then => return then,
                }
            };
            let original = Original::frame(&frame);
            let then = if self.interference.concerns_frame(&frame) {
                self.interfere(&original).await
            } else {
                send(&mut self.to_client, &original.bytes).await
            };
            if then != Then::GoOn {
                return then;
            }
        }
    }

    /// Performs the acts of the interference.
    async fn interfere(&mut self, original: &Original) -> Then {
        let acts = &self.interference.acts;
        if acts.iter().any(|act| matches!(act, Act::End)) {
            self.is_over.store(true, Ordering::Relaxed);
        }
        perform(acts, &mut self.to_client, original).await
    }

    /// Reads more bytes. Answers requests at which the relay interferes.
    async fn read(&mut self) -> Then {
        tokio::select! {
            biased;
            Some(request) = self.requests.recv() => {
                self.expected.push_back(request);
                if self.interference.stage == Stage::Request(request) {
                    return self.interfere(&Original::default()).await;
                }
                Then::GoOn
            }
            read = self.from_server.read_buf(&mut self.received) => match read {
                Ok(1..) => Then::GoOn,
                Ok(0) | Err(_) => self.rest().await,
            },
        }
    }

    /// Forwards what is left, and ends.
    async fn rest(&mut self) -> Then {
        let left = self.received.split();
        let _ = self.to_client.write_all(&left).await;
        let _ = tokio::io::copy(&mut self.from_server, &mut self.to_client).await;
        Then::End
    }
}

async fn send(client: &mut OwnedWriteHalf, bytes: &[u8]) -> Then {
    match client.write_all(bytes).await {
        Ok(()) => Then::GoOn,
        Err(_) => Then::End,
    }
}

/// Performs acts, one after another, until one of them ends the connection.
async fn perform(acts: &[Act], client: &mut OwnedWriteHalf, original: &Original) -> Then {
    for act in acts {
        let sent = match act {
            Act::Original => client.write_all(&original.bytes).await,
            Act::Packets(packets) => client.write_all(&original.rendered(packets)).await,
            Act::Edit(from, to) => client.write_all(&original.edited(from, to)).await,
            Act::Bytes(bytes) => client.write_all(bytes).await,
            Act::Repeat(bytes, times) => client.write_all(&bytes.repeat(*times)).await,
            Act::Forever(bytes) => {
                let flood = bytes.repeat((1 << 18) / bytes.len() + 1);
                while client.write_all(&flood).await.is_ok() {}
                return Then::End;
            }
            Act::Drip(bytes) => drip(client, bytes, DRIP).await,
            Act::ByBytes => drip(client, &original.bytes, Duration::ZERO).await,
            Act::Pause(time) => {
                sleep(*time).await;
                Ok(())
            }
            Act::End => return Then::End,
            Act::Hold => return Then::Hold,
            Act::Reset => {
                let _ = client.as_ref().set_zero_linger();
                return Then::Reset;
            }
        };
        if sent.is_err() {
            return Then::End;
        }
    }
    Then::GoOn
}

async fn drip(client: &mut OwnedWriteHalf, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    for byte in bytes {
        client.write_all(&[*byte]).await?;
        if pause.is_zero() {
            yield_now().await;
        } else {
            sleep(pause).await;
        }
    }
    Ok(())
}
