//! The clients of a scenario, and how they connect.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::scenario::{Span, Template};

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// HTTP long-polling all the way.
    Polling,
    /// Long-polling first, then over to WebSocket.
    Upgrade,
    /// WebSocket from the start.
    WebSocket,
}

/// The name of a simulated client within one scenario.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClientName(pub Arc<str>);

impl fmt::Display for ClientName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One client of a scenario.
#[derive(Clone, Debug)]
pub struct ClientSpec {
    /// Its name; members of a group are `watchers[1]`, `watchers[2]`, ….
    pub name: ClientName,
    /// Whether it connects before step 1.
    pub connect: bool,
    /// How it connects.
    pub options: ConnectOptions,
    /// Where it is declared.
    pub span: Span,
}

/// Everything that shapes a connection. All empty means: as the target's manifest says.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The namespace; `/` where nothing is said.
    pub namespace: Option<Template>,
    /// The auth payload of the CONNECT packet.
    pub auth: Option<Template>,
    /// Query parameters of the handshake request.
    pub query: Vec<(String, Template)>,
    /// Headers of the handshake request.
    pub headers: Vec<(String, Template)>,
    /// The `Origin` header.
    pub origin: Option<Template>,
    /// The transport, where the scenario fixes it for this client.
    pub transport: Option<Transport>,
    /// Protocol revision, 4 unless said otherwise.
    pub eio: Option<u8>,
    /// Path in place of the target's.
    pub path: Option<Template>,
    /// `false`: pings are not answered.
    pub heartbeat: Option<bool>,
    /// permessage-deflate is offered.
    pub deflate: Option<bool>,
    /// Packets are msgpack.
    pub msgpack: Option<bool>,
}
