//! The clients of a scenario and the options of their connections.

use std::{borrow::Borrow, fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::{Span, Template};

/// The transport of a client.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// HTTP long-polling for the whole connection.
    Polling,
    /// Long-polling first, then an upgrade to WebSocket.
    Upgrade,
    /// WebSocket from the start.
    WebSocket,
}

/// The name of a simulated client within one scenario.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClientName(pub Arc<str>);

/// Lets code look up a `&str` in a map or a set whose keys are client names.
impl Borrow<str> for ClientName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One client of a scenario.
#[derive(Clone, Debug)]
pub struct ClientSpec {
    /// The name of the client. The members of the group `watchers` are named `watchers[1]`, `watchers[2]`, ….
    pub name: ClientName,
    /// True if the client connects before the first step of the scenario.
    pub connect: bool,
    /// The options of the client's connection. All members of a group share them.
    pub options: Arc<ConnectOptions>,
    /// The place of the client's declaration.
    pub span: Span,
}

/// The options of a client's connection, as the scenario writes them. An option that the scenario leaves out has a
/// default. The target's manifest decides the default of `path` and `msgpack`, and the run that of `transport`.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The namespace. `/` by default.
    pub namespace: Option<Template>,
    /// The auth payload that the client sends in its CONNECT packet.
    pub auth: Option<Template>,
    /// The query parameters of the handshake request.
    pub query: Vec<(String, Template)>,
    /// The headers of the handshake request.
    pub headers: Vec<(String, Template)>,
    /// The `Origin` header.
    pub origin: Option<Template>,
    /// The transport, if the scenario sets it for this client.
    pub transport: Option<Transport>,
    /// The Engine.IO protocol revision (`EIO`). 4 by default.
    pub eio: Option<u8>,
    /// The Engine.IO path, if it differs from the path of the target.
    pub path: Option<Template>,
    /// False if the client does not answer Engine.IO pings.
    pub heartbeat: Option<bool>,
    /// True if the client offers permessage-deflate.
    pub deflate: Option<bool>,
    /// True if the client uses the msgpack parser.
    pub msgpack: Option<bool>,
    /// The WebSocket subprotocols that the client offers. `None` if the scenario names none.
    pub protocols: Option<Vec<Template>>,
}

impl ConnectOptions {
    /// Returns true if a step sets options that only a new connection can use, such as headers of the handshake.
    pub(crate) fn shapes_handshake(&self) -> bool {
        let Self {
            namespace: _,
            auth: _,
            query,
            headers,
            origin,
            transport,
            eio,
            path,
            heartbeat,
            deflate,
            msgpack,
            protocols,
        } = self;
        !query.is_empty()
            || !headers.is_empty()
            || origin.is_some()
            || transport.is_some()
            || eio.is_some()
            || path.is_some()
            || heartbeat.is_some()
            || deflate.is_some()
            || msgpack.is_some()
            || protocols.is_some()
    }
}
