//! The way into an application, as a target's manifest describes it.

use std::collections::BTreeSet;

use crate::scenario::{Scenario, Template};

/// The variable with the token of a client, if the manifest uses it.
const VALID: &str = "credentials.valid";

/// The headers that hold logins.
const LOGIN_HEADERS: [&str; 2] = ["authorization", "cookie"];

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
    /// The user that the application reports for a client that logs in as the manifest says.
    pub user: Option<Template>,
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

impl WayIn {
    /// Returns true if the application can know its clients from what they present: each option that can hold a login
    /// counts, whether its value is fixed or not.
    pub fn names_users(&self) -> bool {
        let clients = &self.clients;
        let is_login = |(name, value): &(String, Template)| {
            let is_login = LOGIN_HEADERS
                .iter()
                .any(|login| name.eq_ignore_ascii_case(login));
            is_login || value.as_literal().is_none()
        };
        self.enter.is_some()
            || !clients.auth.is_empty()
            || !clients.query.is_empty()
            || !clients.protocols.is_empty()
            || clients.headers.iter().any(is_login)
    }
}

impl ClientDefaults {
    /// Returns the variable that holds the token of a client: `credentials.valid`, or else the only variable that the
    /// manifest's options use. Returns `None` if the manifest presents no token, or if several variables can be it.
    pub fn token(&self) -> Option<String> {
        let handshake = self.query.iter().chain(&self.headers);
        let pairs = self.auth.iter().chain(handshake);
        let mut variables: BTreeSet<String> =
            pairs.flat_map(|(_, value)| value.variables()).collect();
        if variables.contains(VALID) {
            return Some(VALID.to_owned());
        }
        match variables.len() {
            1 => variables.pop_first(),
            _ => None,
        }
    }

    /// Returns true if the manifest puts the client's token into the payload of the CONNECT packet, or if it doesn't
    /// say where the token stands.
    pub fn has_token_in_auth(&self) -> bool {
        self.token()
            .is_none_or(|token| holds(&self.auth, &token).next().is_some())
    }

    /// Returns the name of the query parameter that holds the client's token.
    pub fn token_parameter(&self) -> Option<&str> {
        holds(&self.query, &self.token()?).next()
    }

    /// Moves the fields of the auth payload into the query of the handshake, for a target whose clients send no CONNECT
    /// packet. A query parameter of the same name takes precedence.
    pub fn present_in_query(&mut self) {
        for (name, value) in std::mem::take(&mut self.auth) {
            if self.query.iter().all(|(other, _)| *other != name) {
                self.query.push((name, value));
            }
        }
    }

    /// Returns true if an option contains a variable, such as `$credentials.valid`: clients then log in.
    pub fn has_login(&self) -> bool {
        let mut pairs = [&self.auth, &self.query, &self.headers]
            .into_iter()
            .flatten();
        pairs.any(|(_, value)| value.as_literal().is_none())
    }

    /// Returns true if the manifest gives clients no options.
    pub fn is_empty(&self) -> bool {
        let Self {
            auth,
            query,
            headers,
            origin,
            protocols,
            path,
            user: _,
        } = self;
        auth.is_empty()
            && query.is_empty()
            && headers.is_empty()
            && origin.is_none()
            && protocols.is_empty()
            && path.is_none()
    }
}

/// Returns the names of the options that hold this variable.
fn holds<'p>(pairs: &'p [(String, Template)], variable: &str) -> impl Iterator<Item = &'p str> {
    let holds = move |value: &Template| value.variables().contains(variable);
    let pairs = pairs.iter().filter(move |(_, value)| holds(value));
    pairs.map(|(name, _)| name.as_str())
}
