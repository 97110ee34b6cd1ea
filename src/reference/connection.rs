//! One TCP connection: HTTP first, then possibly a WebSocket.

use std::{sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::select;

use super::{
    arrivals::{Connection, HttpStream},
    engine, http,
    shared::Shared,
    upgrade_slot::UpgradeSlot,
};
use crate::{clock, net::linger};

/// When the server stops: how long HTTP requests that are still pending may take to finish.
const FAREWELL: Duration = Duration::from_millis(50);

/// Serves one connection to its end.
pub(super) async fn serve(connection: Arc<Connection>, shared: Arc<Shared>) {
    let entry = Entry {
        connection,
        shared: &shared,
    };
    if let Some(mut stream) = entry.connection.take_stream() {
        if shared.faults().truncates_refusal(&mut stream).await {
            return;
        }
        entry.connection.put_back(stream);
    }
    let slot = Arc::new(UpgradeSlot::default());
    let service = service_fn({
        let (shared, slot) = (Arc::clone(&shared), Arc::clone(&slot));
        let connection = Arc::clone(&entry.connection);
        move |request| {
            let (shared, slot) = (Arc::clone(&shared), Arc::clone(&slot));
            http::answer(shared, slot, Arc::clone(&connection), request)
        }
    });
    let stream = HttpStream::new(Arc::clone(&entry.connection));
    // The HTTP state is boxed, so that its memory is freed when the connection becomes a WebSocket,
    // which can be idle for hours.
    let mut requests = Box::pin(
        http1::Builder::new()
            .timer(TokioTimer::new())
            // A client may close its connection right behind a request. Without this option, hyper drops the request
            // if both arrive together, and a message that was sent by POST is lost.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service)
            .without_shutdown(),
    );
    let ended = select! {
        biased;
        ended = &mut requests => ended,
        // When the server stops, it still answers pending polls; idle connections close at once.
        () = shared.closing() => match clock::within(FAREWELL, requests).await {
            Ok(ended) => ended,
            Err(_) => return,
        },
    };
    let parts = match ended {
        Ok(parts) => parts,
        Err(error) => {
            shared.faults().crash_on_failed_request(&shared, &error);
            return;
        }
    };
    let Some(stream) = shared.arrivals.remove(&entry.connection) else {
        return;
    };
    match slot.take() {
        Some((upgraded, deflate)) => {
            let early = parts.read_buf;
            engine::run_websocket(stream, early, upgraded, deflate.as_ref(), &shared).await;
        }
        None => linger(stream).await,
    }
}

/// A connection that is listed in [`Shared::arrivals`] until this value is dropped.
struct Entry<'a> {
    connection: Arc<Connection>,
    shared: &'a Shared,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        drop(self.shared.arrivals.remove(&self.connection));
    }
}
