//! Checks whether a launched target is ready.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Log, Ready};
use crate::{
    clock,
    net::{Network, Stream},
};

/// The timeout of one check whether a target is ready. If the target hangs during a check, the next check tries again.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

impl Ready {
    /// Describes the condition that makes the target ready, for error messages.
    pub(super) fn awaited(&self, port: u16) -> String {
        let answers = match &self.http {
            Some(path) => format!("an answer below 500 to GET {path} on port {port}"),
            None => format!("port {port} to accept a connection"),
        };
        match &self.line {
            Some(line) if self.http.is_some() => format!("{answers} and a line with {line:?}"),
            Some(line) => format!("a line with {line:?}"),
            None => answers,
        }
    }

    /// Checks once whether the target is ready. The error says why it is not.
    pub(super) async fn check(&self, port: u16, log: &Log) -> Result<(), String> {
        if self.line.is_some() && !log.awaited_came() {
            return Err("no such line".to_owned());
        }
        match (&self.http, &self.line) {
            (Some(path), _) => within(CHECK_TIMEOUT, answers(port, path)).await,
            (None, Some(_)) => Ok(()),
            (None, None) => within(CHECK_TIMEOUT, accepts(port)).await,
        }
    }
}

async fn within(
    limit: Duration,
    check: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    clock::within(limit, check)
        .await
        .unwrap_or_else(|_| Err(format!("no answer for {} s", limit.as_secs())))
}

async fn accepts(port: u16) -> Result<(), String> {
    connect(port).await.map(drop)
}

async fn answers(port: u16, path: &str) -> Result<(), String> {
    let mut stream = connect(port).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .map_err(|error| error.to_string())?;
    // The check needs only the status line, so read no more than the start of the response.
    let mut head = Vec::new();
    let read = stream.take(64).read_to_end(&mut head).await;
    let head = String::from_utf8_lossy(&head);
    let status = head
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|status| status.parse::<u16>().ok());
    match (status, read) {
        (Some(..500), _) => Ok(()),
        (Some(status), _) => Err(format!("status {status}")),
        (None, Err(error)) => Err(error.to_string()),
        (None, Ok(_)) => Err("no HTTP/1.1 response".to_owned()),
    }
}

async fn connect(port: u16) -> Result<Stream, String> {
    let connected = Network::Tcp.connect("127.0.0.1", port).await;
    connected.map_err(|error| error.to_string())
}
