//! One running server and all that a scenario must know of it.

use std::{sync::Arc, time::Duration};

use crate::{
    client::Endpoint,
    targets::{Log, Manifest, Secrets},
};

/// One running server, as scenarios see it.
#[derive(Clone, Debug)]
pub(super) struct LiveTarget {
    /// Where it listens.
    pub(super) endpoint: Endpoint,
    /// How it calls things and how it reports.
    pub(super) manifest: Arc<Manifest>,
    /// How long a claim of silence is watched after the last step.
    pub(super) settle: Duration,
    /// The namespace in which the manifest's fence is not acknowledged, if there is one.
    pub(super) deaf: Option<String>,
    /// Limit of a wait for which the scenario says nothing.
    pub(super) within: Duration,
    /// Values that no output may show.
    pub(super) secrets: Secrets,
    /// Its output, where it was launched.
    pub(super) log: Option<Log>,
}

impl LiveTarget {
    /// Whether packets travel as msgpack where a scenario says nothing.
    pub(super) fn msgpack(&self) -> bool {
        self.manifest.provides.contains("msgpack")
    }

    /// Whether the application is described: it has a part of the contract. Of another one any event may come at any
    /// time.
    pub(super) fn knows_application(&self) -> bool {
        self.provides_one_of(&["acks", "events", "rooms"])
    }

    /// Whether a client without credentials may come into the main namespace and stay, as far as is known.
    pub(super) fn lets_strangers_in(&self) -> bool {
        self.knows_application() || self.provides_one_of(&["socket-io"])
    }

    fn provides_one_of(&self, capabilities: &[&str]) -> bool {
        capabilities
            .iter()
            .any(|capability| self.manifest.provides.contains(*capability))
    }

    /// Whether events end with an offset that is no argument of theirs.
    pub(super) fn recovery(&self) -> bool {
        self.provides_one_of(&["recovery", "short-recovery"])
    }
}
