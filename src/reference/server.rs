//! One running server: its listener, what its connections share, and its end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, select};
use tokio_util::sync::CancellationToken;

use super::{
    Config, FaultSet, connection,
    engine::{Ending, Sessions},
    faults::{self, Scratch},
    socket::Namespaces,
    tasks::Tasks,
};

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

/// What all connections of one server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) sessions: Sessions,
    pub(super) namespaces: Namespaces,
    pub(super) tasks: Tasks,
    pub(super) scratch: Scratch,
    /// Cancelled when no further connections are to be accepted.
    closing: CancellationToken,
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
    pub fn start(listener: TcpListener, config: Config) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Shared::new(config);
        shared.tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends every client a close, waits for the connections to end, then returns.
    pub async fn stop(self) {
        self.shared.closing.cancel();
        self.shared.sessions.close_all(Ending::ServerStops);
        self.shared.tasks.finish(FAREWELL).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.die();
    }
}

impl Shared {
    /// What a server with this configuration begins with.
    pub(super) fn new(config: Config) -> Arc<Self> {
        Arc::new(Self {
            sessions: Sessions::new(),
            namespaces: Namespaces::new(config.recovery),
            config,
            tasks: Tasks::new(),
            scratch: Scratch::default(),
            closing: CancellationToken::new(),
        })
    }

    /// The faults switched on.
    pub(super) fn faults(&self) -> &FaultSet {
        &self.config.faults
    }

    /// Resolves once the server stops.
    pub(super) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Ends the listener and every connection at once, without a word to anybody.
    pub(super) fn die(&self) {
        self.closing.cancel();
        self.tasks.abort_all();
        // Sessions and sockets hold on to each other until they are closed.
        self.sessions.close_all(Ending::ServerStops);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = select! {
            accepted = listener.accept() => accepted,
            () = shared.closing() => return,
        };
        match accepted {
            Ok(_) if faults::endurance::is_full(&shared) => {}
            Ok((stream, _)) => {
                faults::endurance::wait_for_head(&shared, &stream).await;
                // Small packets must not wait for each other; a socket that refuses the option is
                // merely slower.
                let _ = stream.set_nodelay(true);
                let connection = connection::serve(stream, Arc::clone(&shared));
                shared.tasks.spawn(connection);
            }
            // Out of descriptors, or a peer that was gone before it was accepted: neither is
            // cured by asking again at once.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
