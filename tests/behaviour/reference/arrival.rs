//! Tests of the order in which the reference server handles requests that arrive on several connections.
//!
//! Each test writes everything with blocking sockets, so that the server's tasks, which run on the same thread, find
//! all of it at once.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

use sockspec::reference::{Config, Contract, Server};
use tokio::task::spawn_blocking;

use super::peer::{DEADLINE, Peer, open_polling, start};

/// A request on a connection of its own.
struct Sent(TcpStream);

impl Sent {
    /// Connects, and sends a poll, or a POST if there is a body.
    fn new(server: &Server, sid: &str, body: Option<&str>) -> Self {
        let mut sent = Self::connect(server);
        sent.write(sid, body);
        sent
    }

    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(stream)
    }

    fn write(&mut self, sid: &str, body: Option<&str>) {
        let (method, body) = match body {
            None => ("GET", ""),
            Some(body) => ("POST", body),
        };
        let length = body.len();
        let request = format!(
            "{method} /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: test\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.0.write_all(request.as_bytes()).unwrap();
    }

    /// Returns the status and the body of the response.
    async fn response(mut self) -> (u16, String) {
        let read = spawn_blocking(move || {
            let mut response = String::new();
            self.0.read_to_string(&mut response).unwrap();
            response
        });
        let response = read.await.unwrap();
        let status = response.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = response.split_once("\r\n\r\n").unwrap();
        (status, body.to_owned())
    }
}

async fn start_engine() -> Server {
    start(Config {
        path: "/socket.io/".to_owned(),
        ..Config::new(Contract::Engine)
    })
    .await
}

#[tokio::test]
async fn a_close_packet_releases_a_poll_that_was_sent_before_it() {
    let server = start_engine().await;
    for _ in 0..20 {
        let sid = open_polling(&server).await;
        let poll = Sent::new(&server, &sid, None);
        let post = Sent::new(&server, &sid, Some("1"));
        assert_eq!(poll.response().await, (200, "6".to_owned()));
        assert_eq!(post.response().await, (200, "ok".to_owned()));
    }
}

#[tokio::test]
async fn a_close_packet_releases_a_poll_that_arrives_with_it() {
    let server = start_engine().await;
    for _ in 0..20 {
        let sid = open_polling(&server).await;
        let mut post = Sent::connect(&server);
        let mut poll = Sent::connect(&server);
        poll.write(&sid, None);
        post.write(&sid, Some("1"));
        assert_eq!(poll.response().await, (200, "6".to_owned()));
        assert_eq!(post.response().await, (200, "ok".to_owned()));
    }
}

#[tokio::test]
async fn of_two_polls_the_first_is_answered() {
    let server = start_engine().await;
    for _ in 0..20 {
        let sid = open_polling(&server).await;
        let first = Sent::new(&server, &sid, None);
        let second = Sent::new(&server, &sid, None);
        assert_eq!(first.response().await, (200, "1".to_owned()));
        assert_eq!(second.response().await.0, 400);
    }
}

#[tokio::test]
async fn a_poll_that_is_cancelled_before_the_server_reads_it_ends_the_session() {
    let server = start_engine().await;
    for shuts_down in [false, true] {
        for _ in 0..20 {
            let sid = open_polling(&server).await;
            let cancelled = Sent::new(&server, &sid, None);
            if shuts_down {
                cancelled.0.shutdown(Shutdown::Write).unwrap();
            } else {
                drop(cancelled);
            }
            let next = Sent::new(&server, &sid, None);
            assert_eq!(next.response().await.0, 400);
        }
    }
}

#[tokio::test]
async fn a_poll_that_is_cancelled_while_it_is_pending_ends_the_session() {
    let server = start_engine().await;
    for _ in 0..20 {
        let sid = open_polling(&server).await;
        let pending = Sent::new(&server, &sid, None);
        // The server has handled the poll when it answers a later request of the session.
        let post = Sent::new(&server, &sid, Some("3"));
        post.response().await;
        drop(pending);
        let next = Sent::new(&server, &sid, Some("4late"));
        assert_eq!(next.response().await.0, 400);
    }
}

#[tokio::test]
async fn an_upgrade_packet_is_handled_before_a_poll_that_was_sent_after_it() {
    let server = start_engine().await;
    for _ in 0..20 {
        let sid = open_polling(&server).await;
        let mut peer = Peer::open(&server, &format!("EIO=4&transport=websocket&sid={sid}")).await;
        peer.ask("2probe", "3probe").await;
        peer.send("5").await;
        let poll = Sent::new(&server, &sid, None);
        assert_eq!(poll.response().await.0, 400);
        peer.ask("4hello", "4hello").await;
    }
}
