//! One running server: its listener and its end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::select;

use super::{Config, app, connection, engine::Ending, shared::Shared};
use crate::net::Listener;

/// How long connections may take to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long the listener rests when it has no file descriptor for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A running reference server. Stops, connections included, when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Serves on `listener` until [`Server::stop`] or drop.
    ///
    /// # Errors
    ///
    /// The listener's address can't be read.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start(listener: impl Into<Listener>, config: Config) -> std::io::Result<Self> {
        let listener = listener.into();
        let address = listener.local_addr()?;
        let shared = Shared::new(config, app::left);
        shared.tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends every client a close, waits for the connections to end, then returns.
    pub async fn stop(self) {
        self.shared.stop_accepting();
        self.shared.sessions.close_all(Ending::ServerStops);
        self.shared.tasks.finish(FAREWELL).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.die();
    }
}

async fn accept(mut listener: Listener, shared: Arc<Shared>) {
    loop {
        let accepted = select! {
            biased;
            () = shared.closing() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(_) if shared.faults().is_full(&shared) => {}
            Ok(stream) => {
                shared.faults().wait_for_head(&stream).await;
                let connection = connection::serve(stream, Arc::clone(&shared));
                shared.tasks.spawn(connection);
            }
            // Out of descriptors, or a peer that was gone before it was accepted: neither is
            // cured by asking again at once.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
