//! The end that accepts connections.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use super::{Stream, memory::MemoryListener};

/// Accepts connections.
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

    /// Returns the address that it listens on.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system does not tell the address.
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
                let (stream, _) = listener.accept().await?;
                // Small packets must not wait for each other. A socket that refuses the option is merely slower.
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
