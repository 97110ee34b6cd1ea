//! The bundled server: Engine.IO, Socket.IO and the contract application of `docs/contract.md`.
//!
//! It shares the codecs of [`crate::wire`] with the runner, nothing else. Wherever a fault can make
//! it misbehave, it asks its [`FaultSet`] through one of the hooks in `faults/`.

mod config;
mod faults;

pub use config::{Config, Contract, UnknownSetting};
pub use faults::{FAULTS, Fault, FaultSet};

use std::net::SocketAddr;

use tokio::net::TcpListener;

/// A running reference server. Stops, connections included, when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
}

impl Server {
    /// Serves on `listener` until [`Server::stop`] or drop.
    ///
    /// # Errors
    ///
    /// The listener's address can't be read.
    pub fn start(listener: TcpListener, config: Config) -> std::io::Result<Self> {
        let _ = config;
        Ok(Self {
            address: listener.local_addr()?,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends every client a close, waits for the connections to end, then returns.
    pub async fn stop(self) {
        todo!()
    }
}
