//! The check whether a port is free.

use std::net::{Ipv4Addr, TcpListener};

/// Returns true if no process listens on `port`, on any interface, because a server may listen on any of them.
pub fn is_port_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}
