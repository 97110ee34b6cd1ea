//! One TCP connection: HTTP first, then perhaps a WebSocket.

use std::{sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{select, time::timeout};

use super::{engine, http, shared::Shared, upgrade_slot::UpgradeSlot};
use crate::net::{Stream, linger};

/// How long requests may take to be answered when the server stops.
const FAREWELL: Duration = Duration::from_millis(50);

/// Serves one connection to its end.
pub(super) async fn serve(mut stream: Stream, shared: Arc<Shared>) {
    if shared.faults().truncates_refusal(&mut stream).await {
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
        biased;
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
            shared.faults().crash_on_failed_request(&shared, &error);
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
