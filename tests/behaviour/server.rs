//! Building blocks of the small servers in tests.

use std::time::Duration;

use sockspec::client::{Ended, Endpoint, Journal, TlsPolicy, What};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The deadline of every wait. A test that reaches it fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) async fn listen() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = Endpoint {
        url: format!("http://{address}").parse().unwrap(),
        path: "/socket.io/".to_owned(),
        tls: TlsPolicy::default(),
        network: sockspec::net::Network::Tcp,
        budget: sockspec::client::Budget::default(),
    };
    (listener, endpoint)
}

/// Waits until `found` returns a value for an entry of the journal.
pub(crate) async fn await_in<T>(journal: &Journal, found: impl Fn(&What) -> Option<T>) -> T {
    let search = async {
        let mut seen = 0;
        loop {
            if let Some(found) = journal
                .entries()
                .iter()
                .find_map(|entry| found(&entry.what))
            {
                return found;
            }
            seen = seen.max(journal.entries().len());
            journal.longer_than(seen).await;
        }
    };
    tokio::time::timeout(DEADLINE, search)
        .await
        .unwrap_or_else(|_| panic!("not in the journal: {:#?}", journal.entries()))
}

pub(crate) fn ended(what: &What) -> Option<Ended> {
    match what {
        What::Ended(ended) => Some(ended.clone()),
        _ => None,
    }
}

/// The server's side of one keep-alive HTTP connection.
pub(crate) struct HttpPeer {
    stream: TcpStream,
    received: Vec<u8>,
    /// The head of the last request, as text.
    pub(crate) head: String,
}

impl HttpPeer {
    pub(crate) async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        Self::from_stream(stream)
    }

    pub(crate) fn from_stream(stream: TcpStream) -> Self {
        Self {
            stream,
            received: Vec::new(),
            head: String::new(),
        }
    }

    /// Returns the first line and the body of the next request.
    pub(crate) async fn request(&mut self) -> (String, String) {
        self.try_request().await.expect("a request, not the end")
    }

    /// Returns the next request, or `None` if the client has closed the connection.
    pub(crate) async fn try_request(&mut self) -> Option<(String, String)> {
        loop {
            let text = String::from_utf8_lossy(&self.received).into_owned();
            if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("Content-Length: "))
                    .map_or(0, |length| length.parse().unwrap());
                if rest.len() >= length {
                    self.received.drain(..head.len() + 4 + length);
                    head.clone_into(&mut self.head);
                    let line = head.lines().next().unwrap().to_owned();
                    return Some((line, rest[..length].to_owned()));
                }
            }
            if self.stream.read_buf(&mut self.received).await.ok()? == 0 {
                return None;
            }
        }
    }

    pub(crate) async fn respond(&mut self, status: &str, body: &str) {
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(response.as_bytes()).await.unwrap();
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }
}
