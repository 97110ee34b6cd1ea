//! One TCP connection: HTTP first, then perhaps a WebSocket.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    select,
    time::timeout,
};

use super::{
    engine::{self, Upgraded},
    faults, http,
    server::Shared,
};
use crate::wire::websocket::DeflateOffer;

/// How long requests may take to be answered when the server stops.
const FAREWELL: Duration = Duration::from_millis(50);

/// How long a client may go on sending what nobody reads any more.
const LINGER: Duration = Duration::from_secs(1);

/// Where a request leaves what its connection becomes after a 101.
#[derive(Debug, Default)]
pub(super) struct UpgradeSlot(Mutex<Option<(Upgraded, Option<DeflateOffer>)>>);

impl UpgradeSlot {
    /// Settles what the connection becomes.
    pub(super) fn fill(&self, upgraded: Upgraded, deflate: Option<DeflateOffer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((upgraded, deflate));
    }

    fn take(&self) -> Option<(Upgraded, Option<DeflateOffer>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Serves one connection to its end.
pub(super) async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    if faults::handshake::truncates_refusal(shared.faults(), &mut stream).await {
        return;
    }
    let slot = Arc::new(UpgradeSlot::default());
    let service = service_fn({
        let (shared, slot) = (Arc::clone(&shared), Arc::clone(&slot));
        move |request| http::answer(Arc::clone(&shared), Arc::clone(&slot), request)
    });
    // Boxed: what HTTP needs is freed when a connection goes over to WebSocket, instead of staying
    // a part of this task for the hours that a WebSocket idles.
    let mut requests = Box::pin(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .without_shutdown(),
    );
    let ended = select! {
        ended = &mut requests => ended,
        // The polls that wait are answered meanwhile; connections that idle are of no use.
        () = shared.closing() => match timeout(FAREWELL, requests).await {
            Ok(ended) => ended,
            Err(_) => return,
        },
    };
    let parts = match ended {
        Ok(parts) => parts,
        Err(error) => {
            faults::robustness::crash_on_failed_request(&shared, &error);
            return;
        }
    };
    let stream = parts.io.into_inner();
    match slot.take() {
        Some((upgraded, deflate)) => {
            let early = parts.read_buf;
            engine::run_websocket(stream, early, upgraded, deflate.as_ref(), &shared).await;
        }
        None => linger(stream).await,
    }
}

/// Ends our side and reads what the client still sends.
///
/// A socket that is closed over unread bytes resets the connection, and the reset can overtake the
/// response that said why (RFC 9112 section 9.6).
pub(super) async fn linger(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let rest = async {
        let mut sink = vec![0; 4096];
        while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    };
    // Either way the connection ends here.
    let _ = timeout(LINGER, rest).await;
}
