//! How sockspec presents itself to a server when it probes or measures the server, outside of scenarios.

use url::form_urlencoded;

use super::{MAIN, Manifest};
use crate::{
    client::Options,
    data::Data,
    scenario::{Scope, Template},
};

/// What a client presents to the server: the options that the manifest gives to every client.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The target's name of the main namespace.
    pub namespace: String,
    /// The payload of the CONNECT packet.
    pub auth: Option<Data>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    protocols: Vec<String>,
    path: Option<String>,
}

impl Visitor {
    /// Returns a visitor that the server does not know.
    pub fn stranger() -> Self {
        Self {
            namespace: MAIN.to_owned(),
            auth: None,
            query: Vec::new(),
            headers: Vec::new(),
            protocols: Vec::new(),
            path: None,
        }
    }

    /// Returns a visitor with the options of a manifest. Leaves out options whose variables only the steps of `enter`
    /// set.
    pub fn of(manifest: &Manifest) -> Self {
        Self::with(manifest, manifest.credentials.to_data())
    }

    /// Returns a visitor with the options of a manifest, as [`Self::of`] does. `credentials` is the value of
    /// `$credentials`.
    pub fn with(manifest: &Manifest, credentials: Data) -> Self {
        let clients = &manifest.way_in.clients;
        let mut scope = Scope::default();
        scope.set("credentials", credentials);
        let text = |template: &Template| template.render_text(&scope).ok();
        let pairs = |pairs: &[(String, Template)]| -> Vec<(String, String)> {
            let pairs = pairs.iter();
            pairs
                .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
                .collect()
        };
        let fields = clients.auth.iter();
        let fields: Vec<_> = fields
            .filter_map(|(name, value)| Some((name.clone(), value.render(&scope).ok()?)))
            .collect();
        let mut headers = pairs(&clients.headers);
        let origin = clients.origin.as_ref().and_then(text);
        headers.extend(origin.map(|origin| ("Origin".to_owned(), origin)));
        Self {
            namespace: manifest.bindings.namespaces.main().to_owned(),
            auth: (!fields.is_empty()).then(|| Data::object(fields)),
            query: pairs(&clients.query),
            headers,
            protocols: clients.protocols.iter().filter_map(text).collect(),
            path: clients.path.as_ref().and_then(text),
        }
    }

    /// Returns the path and query of a handshake with the visitor's own query parameters.
    pub fn resource(&self, resource: &str) -> String {
        if self.query.is_empty() {
            return resource.to_owned();
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish();
        let separator = if resource.contains('?') { '&' } else { '?' };
        format!("{resource}{separator}{query}")
    }

    /// Adds what the visitor presents in a handshake to the options of a connection.
    pub fn options(&self, options: Options) -> Options {
        let mut with = options;
        with.query.extend(self.query.iter().cloned());
        with.headers.extend(self.headers.iter().cloned());
        with.protocols.extend(self.protocols.iter().cloned());
        with.path = with.path.or_else(|| self.path.clone());
        with
    }
}
