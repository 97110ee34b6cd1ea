//! A running server, and what scenarios need to know about it.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{credential_cache::CredentialCache, fence_answers::FenceAnswers};
use crate::{
    client::Endpoint,
    targets::{Log, Manifest, Minted, Secrets},
};

/// A running server.
#[derive(Debug)]
pub(in crate::runner) struct LiveTarget {
    /// The address on which the server listens.
    pub(in crate::runner) endpoint: Endpoint,
    /// The description of the target: its names, its dialect and its capabilities.
    pub(in crate::runner) manifest: Arc<Manifest>,
    /// How long the runner watches for forbidden traffic after the last step.
    pub(in crate::runner) settle: Duration,
    /// The namespaces in which the target answers the manifest's fence, as far as the run knows. A fence is a request
    /// with which the runner proves that everything sent before has arrived.
    pub(in crate::runner) fences: FenceAnswers,
    /// The timeout of waits for which the scenario sets none.
    pub(in crate::runner) within: Duration,
    /// The secrets of the target: values that no output may show.
    pub(in crate::runner) secrets: Secrets,
    pub(in crate::runner) credentials: CredentialCache,
    /// The output of the server, if the runner launched it.
    pub(in crate::runner) log: Option<Log>,
}

impl LiveTarget {
    /// Returns the credentials for an attempt that starts at `now`. Their secrets include those of the target.
    pub(in crate::runner) fn credentials_at(&self, now: Timestamp) -> Arc<Minted> {
        self.credentials.get(now, || {
            let mut minted = self.manifest.credentials.mint(now);
            minted.secrets.extend(&self.secrets);
            minted
        })
    }

    /// Returns the credentials for an attempt whose users no other attempt has. Their secrets include those of the
    /// target.
    pub(in crate::runner) fn credentials_of(&self, now: Timestamp, suffix: &str) -> Arc<Minted> {
        let mut minted = self.manifest.credentials.mint_for(now, suffix);
        minted.secrets.extend(&self.secrets);
        Arc::new(minted)
    }

    /// Returns true if connections to this server use msgpack by default. A scenario can override the default.
    pub(in crate::runner) fn msgpack(&self) -> bool {
        self.manifest.provides.contains("msgpack")
    }

    /// Returns true if the manifest describes the application, that is, if the target provides a part of the
    /// contract. Any other application may send any event at any time.
    pub(in crate::runner) fn knows_application(&self) -> bool {
        self.provides_one_of(&["acks", "events", "rooms"])
    }

    /// Returns true if the target promises that a client without credentials can join the main namespace and stay
    /// there.
    pub(in crate::runner) fn admits_anonymous(&self) -> bool {
        self.knows_application() || self.provides_one_of(&["socket-io"])
    }

    fn provides_one_of(&self, capabilities: &[&str]) -> bool {
        capabilities
            .iter()
            .any(|capability| self.manifest.provides.contains(*capability))
    }

    /// Returns true if the server supports connection state recovery, and so appends an offset to the arguments of
    /// events.
    pub(in crate::runner) fn recovery(&self) -> bool {
        self.provides_one_of(&["recovery", "short-recovery"])
    }
}
