//! Tests that streams in memory behave as TCP streams do: most tests run over memory and over TCP.

use std::{
    io::{ErrorKind, IoSlice},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};

use super::{Network, Stream};

/// The time to wait for the kernel to deliver bytes over loopback.
const DELIVERY_TIME: Duration = Duration::from_millis(20);

/// Returns both ends of a new connection: the client's and the server's.
async fn connected(network: &Network) -> (Stream, Stream) {
    let mut listener = network.listen_locally().await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = network.connect("127.0.0.1", port).await.unwrap();
    (client, listener.accept().await.unwrap())
}

/// Reads a stream to its end. Returns the number of bytes that were read, and the error if the stream ended with one.
async fn rest(stream: &mut Stream) -> (usize, Option<ErrorKind>) {
    let mut all = Vec::new();
    let ended = stream.read_to_end(&mut all).await;
    (all.len(), ended.err().map(|error| error.kind()))
}

async fn write(stream: &mut Stream, bytes: &[u8]) -> Result<(), ErrorKind> {
    stream.write_all(bytes).await.map_err(|error| error.kind())
}

/// Waits until the kernel has delivered the sent bytes.
async fn pause() {
    sleep(DELIVERY_TIME).await;
}

async fn on_both<T: PartialEq + std::fmt::Debug>(script: impl AsyncFn(Network) -> T) -> T {
    let real = script(Network::Tcp).await;
    let memory = script(Network::memory()).await;
    assert_eq!(memory, real);
    memory
}

#[tokio::test]
async fn a_half_close_ends_one_direction() {
    let seen = on_both(async |network| {
        let (mut client, mut server) = connected(&network).await;
        write(&mut client, b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let asked = rest(&mut server).await;
        write(&mut server, b"answer").await.unwrap();
        drop(server);
        (
            asked,
            rest(&mut client).await,
            write(&mut client, b"x").await,
        )
    })
    .await;
    assert_eq!(seen, ((8, None), (6, None), Err(ErrorKind::BrokenPipe)));
}

#[tokio::test]
async fn a_close_with_unread_bytes_resets_after_the_sent_bytes() {
    let seen = on_both(async |network| {
        let (mut client, mut server) = connected(&network).await;
        write(&mut client, b"unread").await.unwrap();
        write(&mut server, b"last words").await.unwrap();
        pause().await;
        drop(server);
        pause().await;
        let first = rest(&mut client).await;
        (
            first,
            rest(&mut client).await,
            write(&mut client, b"x").await,
        )
    })
    .await;
    assert_eq!(
        seen,
        (
            (10, Some(ErrorKind::ConnectionReset)),
            (0, None),
            Err(ErrorKind::BrokenPipe)
        )
    );
}

#[tokio::test]
async fn the_first_write_after_a_reset_returns_the_error() {
    let seen = on_both(async |network| {
        let (mut client, server) = connected(&network).await;
        server.reset_on_drop();
        drop(server);
        pause().await;
        let first = write(&mut client, b"x").await;
        let second = write(&mut client, b"x").await;
        (first, second, rest(&mut client).await)
    })
    .await;
    assert_eq!(
        seen,
        (
            Err(ErrorKind::ConnectionReset),
            Err(ErrorKind::BrokenPipe),
            (0, None)
        )
    );
}

#[tokio::test]
async fn a_write_to_a_closed_peer_succeeds_once() {
    let seen = on_both(async |network| {
        let (mut client, server) = connected(&network).await;
        drop(server);
        pause().await;
        let first = write(&mut client, b"x").await;
        pause().await;
        let second = write(&mut client, b"x").await;
        (first, second, rest(&mut client).await)
    })
    .await;
    assert_eq!(seen, (Ok(()), Err(ErrorKind::BrokenPipe), (0, None)));
}

#[tokio::test]
async fn a_peek_does_not_remove_bytes() {
    let seen = on_both(async |network| {
        let (mut client, mut server) = connected(&network).await;
        write(&mut client, b"ab").await.unwrap();
        write(&mut client, b"cd").await.unwrap();
        pause().await;
        let mut head = [0; 3];
        let peeked = server.peek(&mut head).await.unwrap();
        drop(client);
        (peeked, head, rest(&mut server).await)
    })
    .await;
    assert_eq!(seen, (3, *b"abc", (4, None)));
}

#[tokio::test]
async fn a_peer_that_does_not_read_stops_the_writer() {
    for network in [Network::Tcp, Network::memory()] {
        let (client, mut server) = connected(&network).await;
        let chunk = vec![0; 64 << 10];
        let mut written = 0;
        // Fills the buffers of the connection. A stream with full buffers does not become writable until the peer
        // reads.
        while timeout(DELIVERY_TIME, client.writable()).await.is_ok() {
            match client.try_write_vectored(&[IoSlice::new(&chunk)]) {
                Ok(length) => written += length,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            assert!(written < 64 << 20, "nothing stops the writer");
        }
        drop(client);
        assert_eq!(rest(&mut server).await, (written, None));
    }
}

#[tokio::test]
async fn a_connect_fails_after_the_listener_was_dropped() {
    let (refused, _) = on_both(async |network| {
        let mut listener = network.listen_locally().await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut waiting = network.connect("127.0.0.1", port).await.unwrap();
        let mut accepted = network.connect("127.0.0.1", port).await.unwrap();
        let mut server = listener.accept().await.unwrap();
        drop(listener);
        let refused = network.connect("127.0.0.1", port).await;
        write(&mut server, b"x").await.unwrap();
        drop(server);
        let ends = [rest(&mut waiting).await, rest(&mut accepted).await];
        (refused.map(drop).map_err(|error| error.kind()), ends)
    })
    .await;
    assert_eq!(refused, Err(ErrorKind::ConnectionRefused));
}

#[tokio::test]
async fn memory_does_not_join_two_writes() {
    let (mut client, mut server) = connected(&Network::memory()).await;
    for piece in [b"ab".as_slice(), b"cde", b"f"] {
        write(&mut client, piece).await.unwrap();
    }
    let mut buffer = [0; 16];
    let mut lengths = Vec::new();
    for _ in 0..3 {
        lengths.push(server.read(&mut buffer).await.unwrap());
    }
    assert_eq!(lengths, [2, 3, 1]);
}

#[test]
fn an_exchange_without_waits_takes_simulated_time() {
    let exchange = async {
        let (mut client, mut server) = connected(&Network::memory()).await;
        let echo = tokio::spawn(async move {
            let mut byte = [0];
            while server.read_exact(&mut byte).await.is_ok() {
                write(&mut server, &byte).await.unwrap();
            }
        });
        let ping = async {
            let mut byte = [0];
            loop {
                write(&mut client, &byte).await.unwrap();
                client.read_exact(&mut byte).await.unwrap();
            }
        };
        let ended: Result<(), _> = timeout(DELIVERY_TIME, ping).await;
        echo.abort();
        ended.is_err()
    };
    assert!(crate::simulation::run(1, exchange).unwrap());
}
