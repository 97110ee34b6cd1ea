//! One running server and all that a scenario must know of it.

use std::{sync::Arc, time::Duration};

use crate::{
    client::Endpoint,
    target::{Log, Manifest, Secrets},
};

/// One running server, as scenarios see it.
#[derive(Clone, Debug)]
pub(super) struct Site {
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

impl Site {
    /// Whether packets travel as msgpack where a scenario says nothing.
    pub(super) fn msgpack(&self) -> bool {
        self.manifest.provides.contains("msgpack")
    }

    /// Whether events end with an offset that is no argument of theirs.
    pub(super) fn recovery(&self) -> bool {
        ["recovery", "short-recovery"]
            .iter()
            .any(|capability| self.manifest.provides.contains(*capability))
    }
}
