//! Measures the speed of the reference server: `cargo bench --bench reference`.
//!
//! Server and clients share the machine and this process. To take little time themselves, the clients only write
//! frames that were encoded before, and count the received frames. Prints the measured numbers and sets no limits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::BytesMut;
use sockspec::{
    reference::{Config, Server},
    wire::websocket::Frame,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    task::JoinSet,
};

/// The duration of each measurement.
const SPAN: Duration = Duration::from_secs(3);

fn main() -> std::io::Result<()> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let server = start().await?;
        idle(&server, 2_000).await?;
        for window in [1, 32] {
            acks(&server, 50, window).await?;
        }
        for window in [1, 8] {
            broadcast(&server, 1_000, window).await?;
        }
        server.stop().await;
        Ok(())
    })
}

async fn start() -> std::io::Result<Server> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    Server::start(listener, Config::default())
}

/// Prints the memory for each connection that sends nothing, client and server together.
async fn idle(server: &Server, count: usize) -> std::io::Result<()> {
    let before = resident();
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        clients.push(Client::join(server, &[]).await?);
    }
    let grown = resident().saturating_sub(before);
    println!("idle: {} bytes a connection", grown / count);
    Ok(())
}

/// Measures the acknowledgements per second while each client has `window` unanswered requests at a time.
async fn acks(server: &Server, count: usize, window: usize) -> std::io::Result<()> {
    let answered = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..count {
        let mut client = Client::join(server, &[]).await?;
        let answered = Arc::clone(&answered);
        clients.spawn(async move {
            let request = masked(r#"20["echo","a short text"]"#);
            let burst = request.repeat(window);
            while client.stream.write_all(&burst).await.is_ok() {
                for _ in 0..window {
                    if client.frame().await.is_err() {
                        return;
                    }
                }
                answered.fetch_add(window as u64, Ordering::Relaxed);
            }
        });
    }
    let what = format!("acks over {count} connections, {window} unanswered on each");
    rate(&what, &answered).await;
    Ok(())
}

/// Measures the messages per second that the members of one room receive, while `window` broadcasts are not yet
/// delivered.
async fn broadcast(server: &Server, count: usize, window: usize) -> std::io::Result<()> {
    let delivered = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    let join = r#"20["join-room",{"room":"r"}]"#;
    for _ in 0..count {
        let mut client = Client::join(server, &[join]).await?;
        let delivered = Arc::clone(&delivered);
        clients.spawn(async move {
            while let Ok(frames) = client.frames().await {
                delivered.fetch_add(frames, Ordering::Relaxed);
            }
        });
    }
    let mut sender = Client::join(server, &[]).await?;
    clients.spawn(async move {
        let message =
            masked(r#"20["send-to-room",{"room":"r","text":"a line of a conversation"}]"#);
        let burst = message.repeat(window);
        while sender.stream.write_all(&burst).await.is_ok() {
            for _ in 0..window {
                if sender.frame().await.is_err() {
                    return;
                }
            }
        }
    });
    let what = format!("deliveries in a room of {count}, {window} undelivered messages");
    rate(&what, &delivered).await;
    Ok(())
}

async fn rate(what: &str, counter: &AtomicU64) {
    let (begun, before) = (Instant::now(), counter.load(Ordering::Relaxed));
    tokio::time::sleep(SPAN).await;
    let counted = counter.load(Ordering::Relaxed) - before;
    let milliseconds = begun.elapsed().as_millis().max(1);
    println!(
        "{what}: {} a second",
        u128::from(counted) * 1000 / milliseconds
    );
}

/// A minimal client, which reads and writes whole frames and decodes nothing.
struct Client {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Client {
    async fn join(server: &Server, then: &[&str]) -> std::io::Result<Self> {
        let mut stream = TcpStream::connect(server.address()).await?;
        stream.set_nodelay(true)?;
        let request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: bench\r\n\
                       Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut client = Self {
            stream,
            buffer: BytesMut::new(),
        };
        while !client.buffer.windows(4).any(|window| window == b"\r\n\r\n") {
            client.read().await?;
        }
        let head = client
            .buffer
            .windows(4)
            .position(|window| window == b"\r\n\r\n");
        drop(client.buffer.split_to(head.unwrap_or_default() + 4));
        client.frame().await?;
        for text in ["0"].iter().chain(then) {
            client.stream.write_all(&masked(text)).await?;
            client.frame().await?;
        }
        client.buffer = BytesMut::new();
        Ok(client)
    }

    async fn read(&mut self) -> std::io::Result<()> {
        self.buffer.reserve(4096);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Waits for one frame from the server.
    async fn frame(&mut self) -> std::io::Result<()> {
        loop {
            match Frame::decode(&mut self.buffer, 1_000_000) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => self.read().await?,
                Err(_) => return Err(std::io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// Reads from the stream once. Returns the number of complete frames.
    async fn frames(&mut self) -> std::io::Result<u64> {
        self.read().await?;
        let mut count = 0;
        while let Ok(Some(_)) = Frame::decode(&mut self.buffer, 1_000_000) {
            count += 1;
        }
        Ok(count)
    }
}

/// Returns a masked frame with `packet`.
fn masked(packet: &str) -> Vec<u8> {
    let mut out = BytesMut::new();
    Frame {
        mask: Some([7, 7, 7, 7]),
        ..Frame::text(format!("4{packet}"))
    }
    .encode(&mut out);
    out.to_vec()
}

/// Returns the resident memory of this process in bytes (Linux; 0 on other systems).
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or_default() * 4096
}
