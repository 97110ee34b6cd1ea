//! A network inside this process: ports and listeners without the operating system.

use std::{
    collections::BTreeMap,
    io::{Error, ErrorKind, Result},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::socket::{MemoryStream, pair};

/// The first port for listeners that ask for any free port (port 0).
const FIRST_PORT: u16 = 49_152;

/// The listeners by port. The sender hands a new connection over to the listener of that port.
type Ports = Mutex<BTreeMap<u16, UnboundedSender<MemoryStream>>>;

/// Ports inside this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork(Arc<Ports>);

/// A listener on one port of a [`MemoryNetwork`].
#[derive(Debug)]
pub(super) struct MemoryListener {
    address: SocketAddr,
    // New connections that the server has not accepted yet. As with a TCP backlog, the client is already connected.
    backlog: UnboundedReceiver<MemoryStream>,
    network: MemoryNetwork,
}

impl MemoryNetwork {
    pub(super) fn listen(&self, mut address: SocketAddr) -> Result<MemoryListener> {
        let mut ports = self.lock();
        if address.port() == 0 {
            let free = (FIRST_PORT..=u16::MAX).find(|port| !ports.contains_key(port));
            address.set_port(free.ok_or(ErrorKind::AddrInUse)?);
        } else if ports.contains_key(&address.port()) {
            return Err(ErrorKind::AddrInUse.into());
        }
        let (sender, backlog) = unbounded_channel();
        ports.insert(address.port(), sender);
        Ok(MemoryListener {
            address,
            backlog,
            network: self.clone(),
        })
    }

    pub(super) fn connect(&self, port: u16) -> Result<MemoryStream> {
        let refused = || Error::from(ErrorKind::ConnectionRefused);
        let (ours, theirs) = pair();
        let ports = self.lock();
        let listener = ports.get(&port).ok_or_else(refused)?;
        listener.send(theirs).map_err(|_| refused())?;
        Ok(ours)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u16, UnboundedSender<MemoryStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryListener {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn accept(&mut self) -> MemoryStream {
        match self.backlog.recv().await {
            Some(stream) => stream,
            // This can't happen: the network drops the sending half of this channel only when this listener is dropped.
            None => unreachable!("the port of a listener is taken until the listener is dropped"),
        }
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.network.lock().remove(&self.address.port());
        // Resets the connections that were never accepted, as the kernel does with TCP.
        while let Ok(stream) = self.backlog.try_recv() {
            stream.reset_on_drop();
        }
    }
}
