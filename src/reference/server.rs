//! A running server: its listener and its shutdown.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::select;

use super::{Config, app, connection, engine::Ending, shared::Shared, socket::PeerFactory};
use crate::net::Listener;

/// How long connections may take to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long the server waits after a failed accept before it accepts again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A running reference server. Dropping it stops the server and its connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts a server on `listener`. The server runs until [`Server::stop`] or until it is dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if the listener's address can't be read.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn start(listener: impl Into<Listener>, config: Config) -> std::io::Result<Self> {
        let listener = listener.into();
        let address = listener.local_addr()?;
        let peers = PeerFactory::new(&config, app::left);
        let shared = Shared::new(config, peers);
        shared.tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared })
    }

    /// Returns the address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the server: closes every session, and waits for the connections to end.
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
                let connection = shared.arrivals.add(stream);
                shared
                    .tasks
                    .spawn(connection::serve(connection, Arc::clone(&shared)));
            }
            // Accepting fails while the process has no free file descriptor. Retrying at once would
            // fail again and keep a CPU core busy.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
