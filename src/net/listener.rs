//! A listener that accepts connections, over TCP or in memory.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use super::{Stream, files::note_shortage, memory::MemoryListener};

/// Accepts connections, over TCP or in memory.
#[derive(Debug)]
pub struct Listener(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Memory(MemoryListener),
}

impl Listener {
    pub(super) fn from_memory(listener: MemoryListener) -> Self {
        Self(Kind::Memory(listener))
    }

    /// Returns the address that the listener is bound to.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system can't report the address.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Kind::Tcp(listener) => listener.local_addr(),
            Kind::Memory(listener) => Ok(listener.address()),
        }
    }

    /// Waits for the next connection. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns an error if the process is out of file descriptors, or the peer left before it was accepted.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        match &mut self.0 {
            Kind::Tcp(listener) => {
                let (stream, _) = listener.accept().await.map_err(note_shortage)?;
                // `TCP_NODELAY`: without it, the kernel holds a small packet back until the peer has acknowledged
                // earlier ones. If the option can't be set, the connection is slower but works.
                let _ = stream.set_nodelay(true);
                Ok(Stream::Tcp(stream))
            }
            Kind::Memory(listener) => Ok(Stream::Memory(listener.accept().await)),
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self(Kind::Tcp(listener))
    }
}
