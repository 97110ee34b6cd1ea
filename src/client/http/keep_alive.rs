//! A keep-alive HTTP connection that carries many requests, one after the other.

use std::{
    fmt,
    future::pending,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{Body, HttpRequest, HttpResponse, Reuse, read_response};
use crate::client::{Bounds, ConnectFailure, Endpoint, dial::dial, link::Link, wait::Wait};

/// One keep-alive connection to a server. If the server has closed it, the next request opens another one.
#[derive(Debug)]
pub(in crate::client) struct KeepAlive {
    endpoint: Arc<Endpoint>,
    bounds: Bounds,
    /// The time limit for opening the TCP connection.
    deadline: Duration,
    link: Option<Link>,
    reset_on_drop: Arc<AtomicBool>,
}

type Answered = (Box<KeepAlive>, Result<HttpResponse, ConnectFailure>);

/// A keep-alive connection, idle or with a request in progress.
pub(in crate::client) struct KeepAliveState {
    work: Work,
    reset_on_drop: Arc<AtomicBool>,
}

enum Work {
    /// A request is in progress.
    Busy(Pin<Box<dyn Future<Output = Answered> + Send>>),
    /// No request is in progress, so the next one can be sent.
    Idle(Box<KeepAlive>),
    /// A placeholder while a method replaces the state; the method never leaves it there.
    Taken,
}

impl KeepAlive {
    pub(in crate::client) fn new(
        endpoint: Arc<Endpoint>,
        bounds: Bounds,
        deadline: Duration,
    ) -> Self {
        Self {
            endpoint,
            bounds,
            deadline,
            link: None,
            reset_on_drop: Arc::default(),
        }
    }

    /// Sends a request and reads its response, both within `time_limit`.
    pub(in crate::client) async fn exchange(
        &mut self,
        request: &HttpRequest,
        awaited: &'static str,
        time_limit: Duration,
    ) -> Result<HttpResponse, ConnectFailure> {
        let kept = self.take_alive().await?;
        let was_kept = kept.is_some();
        match self.attempt(kept, request, awaited, time_limit).await {
            // The server closed the idle connection before it saw the request (RFC 9112 section 9.3.1), so retry.
            // After an end without a reset the server may have handled a POST, so only a GET is retried then.
            Err(ConnectFailure::Reset { came, .. }) if was_kept && came == "nothing" => {}
            Err(ConnectFailure::Ended { came, .. })
                if was_kept && came == "nothing" && request.method == "GET" => {}
            answer => return answer,
        }
        self.attempt(None, request, awaited, time_limit).await
    }

    /// Takes the connection of the previous request. Returns `None` if there is none, or if the server has since closed
    /// it.
    ///
    /// # Errors
    ///
    /// Returns an error if the server has sent data that no request asked for. The client would take this data for the
    /// answer to its next request.
    async fn take_alive(&mut self) -> Result<Option<Link>, ConnectFailure> {
        let Some(mut link) = self.link.take() else {
            return Ok(None);
        };
        let has_ended = link.has_ended().await;
        if is_unasked(&link.inbox) {
            let wait = Wait::new("nothing before the next request", self.deadline);
            return Err(wait.not_http(&link.inbox));
        }
        Ok((!has_ended && link.inbox.is_empty()).then_some(link))
    }

    async fn attempt(
        &mut self,
        link: Option<Link>,
        request: &HttpRequest,
        awaited: &'static str,
        time_limit: Duration,
    ) -> Result<HttpResponse, ConnectFailure> {
        let mut link = match link {
            Some(link) => link,
            None => {
                let mut link = dial(&self.endpoint, Wait::new(awaited, self.deadline)).await?;
                link.reset_on_drop = Arc::clone(&self.reset_on_drop);
                link
            }
        };
        link.outbox
            .extend_from_slice(&request.encode(&self.endpoint.authority()));
        let wait = Wait::new(awaited, time_limit);
        let (response, reuse) = read_response(&mut link, wait, self.bounds, Body::Expected).await?;
        if reuse == Reuse::Yes {
            self.link = Some(link);
        }
        Ok(response)
    }
}

/// Returns true if a server may not send this data on a connection on which no request is in progress.
///
/// A server may announce with the status 408 that it closes an idle connection (RFC 9110 section 15.5.9). Some servers
/// send an empty line too many after a body (RFC 9112 section 2.2).
fn is_unasked(data: &[u8]) -> bool {
    let is_empty_line = data.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    let is_timeout = data.starts_with(b"HTTP/1.1 408") || data.starts_with(b"HTTP/1.0 408");
    !is_empty_line && !is_timeout
}

impl KeepAliveState {
    pub(in crate::client) fn new(connection: KeepAlive) -> Self {
        Self {
            reset_on_drop: Arc::clone(&connection.reset_on_drop),
            work: Work::Idle(Box::new(connection)),
        }
    }

    /// Returns true if a request is in progress.
    pub(in crate::client) fn is_busy(&self) -> bool {
        matches!(self.work, Work::Busy(_))
    }

    /// Starts a request. Does nothing if one is in progress.
    pub(in crate::client) fn start(
        &mut self,
        request: HttpRequest,
        awaited: &'static str,
        time_limit: Duration,
    ) {
        self.work = match std::mem::replace(&mut self.work, Work::Taken) {
            Work::Idle(mut connection) => Work::Busy(Box::pin(async move {
                let answer = connection.exchange(&request, awaited, time_limit).await;
                (connection, answer)
            })),
            busy => busy,
        };
    }

    /// Waits for the answer to the request in progress; waits forever if there is none. Cancel-safe.
    pub(in crate::client) async fn answer(&mut self) -> Result<HttpResponse, ConnectFailure> {
        let Work::Busy(exchange) = &mut self.work else {
            return pending().await;
        };
        let (connection, answer) = exchange.as_mut().await;
        self.work = Work::Idle(connection);
        answer
    }

    /// Resets the connection, even if a request is in progress.
    pub(in crate::client) fn reset(self) {
        self.reset_on_drop.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for KeepAliveState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.work {
            Work::Busy(_) => "Busy",
            Work::Idle(_) => "Idle",
            Work::Taken => "Taken",
        })
    }
}
