//! The way into an application, as a target's manifest describes it.

use crate::scenario::{Scenario, Template};

/// The options that every client of every scenario has, unless the scenario gives the client others.
#[derive(Clone, Debug, Default)]
pub struct ClientDefaults {
    /// The fields of the auth payload that the client sends in its CONNECT packets.
    pub auth: Vec<(String, Template)>,
    /// The query parameters of the handshake request.
    pub query: Vec<(String, Template)>,
    /// The headers of the handshake request.
    pub headers: Vec<(String, Template)>,
    /// The `Origin` header.
    pub origin: Option<Template>,
    /// The WebSocket subprotocols that the client offers.
    pub protocols: Vec<Template>,
    /// The Engine.IO path, if it differs from the path of the target.
    pub path: Option<Template>,
}

/// The steps with which every client enters the application (`enter:`). The client has the name `client` in them.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// The HTTP requests before the client connects, such as a login. Captured values are variables of
    /// [`ClientDefaults`].
    pub before: Scenario,
    /// The steps after the client has connected.
    pub after: Scenario,
}

/// What a target's manifest says about the way into its application.
#[derive(Clone, Debug, Default)]
pub struct WayIn {
    /// The options of every client.
    pub clients: ClientDefaults,
    /// The steps with which every client enters; `None` if a client is in as soon as it has connected.
    pub enter: Option<Entrance>,
}

impl ClientDefaults {
    /// Returns true if the manifest gives clients no options.
    pub fn is_empty(&self) -> bool {
        let Self {
            auth,
            query,
            headers,
            origin,
            protocols,
            path,
        } = self;
        auth.is_empty()
            && query.is_empty()
            && headers.is_empty()
            && origin.is_none()
            && protocols.is_empty()
            && path.is_none()
    }
}
