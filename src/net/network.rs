//! Connects to servers and opens listeners, over TCP or in the memory of this process.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};

use super::{Listener, Stream, files::note_shortage, memory::MemoryNetwork};

/// The number of connections that may wait to be accepted. The system lowers it to its own limit (`somaxconn` on
/// Linux).
///
/// If this queue is full, Linux drops the handshake of the next client, which tries again only after a second.
const BACKLOG: u32 = 4_096;

/// The kind of network: TCP, or a simulated network in the memory of this process.
#[derive(Clone, Debug, Default)]
pub enum Network {
    /// Connections over TCP.
    #[default]
    Tcp,
    /// Connections inside this process, without the operating system. They behave as TCP does on Linux.
    Memory(MemoryNetwork),
}

impl Network {
    /// Creates a separate network in memory. Only this value and its clones can connect to listeners on that network.
    pub fn memory() -> Self {
        Self::Memory(MemoryNetwork::default())
    }

    /// Returns true for a network in memory. Its connections have no delay, so a round-trip time can't be measured.
    pub fn is_memory(&self) -> bool {
        match self {
            Self::Tcp => false,
            Self::Memory(_) => true,
        }
    }

    /// Connects to a host and port. A network in memory ignores the host.
    ///
    /// # Errors
    ///
    /// Returns an error if the host name can't be resolved, or if no listener has the port.
    pub async fn connect(&self, host: &str, port: u16) -> io::Result<Stream> {
        match self {
            Self::Tcp => connect_tcp(host, port)
                .await
                .map(Stream::Tcp)
                .map_err(note_shortage),
            Self::Memory(memory) => memory.connect(port).map(Stream::Memory),
        }
    }

    /// Listens on an address of this machine. The port 0 stands for any free port.
    ///
    /// # Errors
    ///
    /// Returns an error if the address can't be listened on.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listener> {
        match self {
            Self::Tcp => listen_tcp(address)
                .map(Listener::from)
                .map_err(note_shortage),
            Self::Memory(memory) => memory.listen(address).map(Listener::from_memory),
        }
    }

    /// Listens on any free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// Returns an error if no port is free.
    pub async fn listen_locally(&self) -> io::Result<Listener> {
        self.listen((Ipv4Addr::LOCALHOST, 0).into()).await
    }
}

fn listen_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On Unix, a restarted server can use its port again while old connections are still in TIME-WAIT. On Windows, the
    // option would let two servers share one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for candidate in lookup_host((host, port)).await? {
        match connect_to(candidate).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // On loopback, the kernel can choose the target port as the source port too. The socket then connects to itself
    // (simultaneous open, RFC 9293 section 3.5), although no server listens on that port.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}
