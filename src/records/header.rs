//! The first line of a record: what ran against what.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    data::hex,
    runner::Partition,
    scenario::Scenario,
    targets::{Maskable, Secrets},
};

/// The name of the format that this version writes. A later version that changes the meaning of a field counts up.
pub const RECORD_SCHEMA_NAME: &str = "sockspec-record/1";

/// The first line of a record.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Header {
    /// The name and the version of the format: `sockspec-record/1`.
    pub schema: String,
    /// The version of sockspec that wrote the record.
    pub version: String,
    /// The scenarios that the user selected.
    pub suite: Suite,
    /// The target of the run.
    pub target: TestedTarget,
    /// The selectors on the command line; empty if all scenarios were selected.
    pub selectors: Vec<String>,
    /// The part of the suite that ran; `None` if all of it ran.
    pub partition: Option<Partition>,
    /// The seed of all random values.
    pub seed: u64,
}

/// The scenarios that were selected for a run, before the run was divided into parts.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Suite {
    /// The SHA-256 of the ids and the files of all scenarios, in hex. Two runs with the same digest had the same
    /// scenarios.
    pub digest: String,
    /// The number of scenarios.
    pub scenarios: usize,
}

/// The target of a run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TestedTarget {
    /// The name in the manifest, or the address.
    pub name: String,
    /// The SHA-256 of the manifest's text, in hex; without a manifest, that of the address.
    pub fingerprint: String,
}

impl Suite {
    /// Describes the scenarios that are selected for a run.
    pub fn of<'s>(scenarios: impl IntoIterator<Item = &'s Scenario>) -> Self {
        let mut ids = BTreeSet::new();
        let mut files = BTreeMap::new();
        for scenario in scenarios {
            ids.insert(scenario.id.as_str());
            let file = &scenario.source;
            files.entry(&file.path).or_insert(file.text.as_str());
        }
        let mut hash = Sha256::new();
        let ids_and_texts = ids.iter().chain(files.values());
        for part in ids_and_texts {
            hash.update(digest(part));
        }
        Self {
            digest: hex(&hash.finalize()),
            scenarios: ids.len(),
        }
    }
}

impl TestedTarget {
    /// Describes a target by its name and by the text that tells it from others: its manifest, or its address.
    pub fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            fingerprint: hex(&digest(text)),
        }
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

impl Maskable for Header {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            schema: _,
            version: _,
            suite: _,
            target,
            selectors,
            partition: _,
            seed: _,
        } = self;
        target.name.mask(secrets);
        selectors.mask(secrets);
    }
}
