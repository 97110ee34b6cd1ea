//! Checks names that can be checked only when all files of a run are loaded: capabilities, operations, events, fields,
//! namespaces and credentials.
//!
//! Users can define their own capabilities and operations, so a name that another file of the run uses counts as known.
//! An unknown name that is similar to a known one is a mistake.

mod baselines;
mod events;
mod fields;
mod kind;
mod known;
mod manifest_steps;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

pub(super) use self::baselines::Listable;
use self::{
    kind::Kind,
    known::{
        capabilities, credentials, in_manifests, is_field, is_variant, name, operations,
        operations_and_events,
    },
};
use crate::{
    runner::BaselineMentions,
    scenario::{Diagnostic, Mention, Mentions, SourceFile},
    targets::{CREDENTIALS, EVENTS, IMPLIED, ManifestMentions, NAMESPACES, NameKind},
};

/// The names that the scenario files and manifests of one run use.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    scenarios: Vec<Mentions>,
    manifests: Vec<ManifestMentions>,
    baselines: Vec<BaselineMentions>,
}

impl Names {
    /// Adds the names in a scenario file. Adds nothing if the file is not YAML.
    pub(super) fn add_scenarios(&mut self, source: &Arc<SourceFile>) {
        self.scenarios.extend(Mentions::of(source));
    }

    /// Adds the names in a target's manifest. Adds nothing if the file is not YAML, or if its names are in the list
    /// already.
    pub(super) fn add_manifest(&mut self, source: &Arc<SourceFile>) {
        if !self
            .manifests
            .iter()
            .any(|known| known.source.path == source.path)
        {
            self.manifests.extend(ManifestMentions::of(source));
        }
    }

    /// Adds the names in a baseline. Adds nothing if the file is not YAML.
    pub(super) fn add_baseline(&mut self, source: &Arc<SourceFile>) {
        self.baselines.extend(BaselineMentions::of(source));
    }

    /// Returns true if a baseline is among the files.
    pub(super) fn has_baselines(&self) -> bool {
        !self.baselines.is_empty()
    }

    /// Returns the names of the targets in all manifests.
    pub(super) fn targets(&self) -> Vec<String> {
        let names = self.manifests.iter().filter_map(|file| file.target.clone());
        names.collect()
    }

    /// Returns warnings for names in baselines that nothing has.
    pub(super) fn baseline_warnings(&self, known: &Listable) -> Vec<Diagnostic> {
        baselines::warnings(&self.baselines, known)
    }

    /// Returns the mistakes in the names of all files.
    pub(super) fn mistakes(&self) -> Vec<Diagnostic> {
        let mut found = self.scenario_mistakes();
        found.extend(events::mistakes(&self.scenarios, &self.manifests));
        found.extend(fields::mistakes(&self.scenarios, &self.manifests));
        found.extend(self.manifest_mistakes());
        found
    }

    /// Returns warnings for names that are probably wrong, although an application can have them.
    pub(super) fn warnings(&self) -> Vec<Diagnostic> {
        let mut found = events::warnings(&self.scenarios, &self.manifests);
        found.extend(fields::warnings(&self.scenarios, &self.manifests));
        found.extend(self.namespace_warnings());
        found.extend(manifest_steps::warnings(&self.scenarios, &self.manifests));
        found
    }

    fn scenario_mistakes(&self) -> Vec<Diagnostic> {
        let capabilities = capabilities().chain(self.provided()).collect();
        let declared = in_manifests(&self.manifests, NameKind::Credential);
        let credentials = credentials().chain(declared).collect();
        let mut found = Vec::new();
        for file in &self.scenarios {
            let check = Kind::Capability.near(&file.source, &capabilities);
            found.extend(file.needs.iter().filter_map(check));
            let check = Kind::Credential.near(&file.source, &credentials);
            found.extend(file.credentials.iter().filter_map(check));
        }
        found
    }

    fn manifest_mistakes(&self) -> Vec<Diagnostic> {
        let known = NameKind::ALL.map(|kind| self.known(kind));
        let mut found = Vec::new();
        for file in &self.manifests {
            for (kind, known) in NameKind::ALL.into_iter().zip(&known) {
                let mentions = file
                    .of_kind(kind)
                    .filter(|mention| !self.is_used(kind, mention));
                let source = &file.source;
                match kind {
                    NameKind::Capability => {
                        found.extend(mentions.filter_map(Kind::Capability.near(source, known)));
                    }
                    NameKind::Bound => {
                        found.extend(mentions.filter_map(Kind::Operation.near(source, known)));
                    }
                    NameKind::Namespace => {
                        found.extend(mentions.filter_map(Kind::Namespace.near(source, known)));
                    }
                    NameKind::Event => {
                        found.extend(mentions.filter_map(Kind::Event.near(source, known)));
                    }
                    NameKind::Credential => {
                        let mentions = mentions.filter(|mention| !is_variant(&mention.name, known));
                        found.extend(mentions.filter_map(Kind::Credential.near(source, known)));
                    }
                    NameKind::Operation => {
                        found.extend(mentions.filter_map(Kind::Operation.unknown(source, known)));
                    }
                    NameKind::Part => {
                        let mentions = mentions.filter(|mention| !is_field(&mention.name, known));
                        found.extend(mentions.filter_map(Kind::Part.unknown(source, known)));
                    }
                    // Only the target knows which names of its own are right.
                    NameKind::Own => {}
                }
            }
        }
        found
    }

    /// Returns a warning for each namespace of a scenario, or of the steps with which clients enter, whose name is
    /// similar to one of the contract.
    fn namespace_warnings(&self) -> Vec<Diagnostic> {
        let kinds = [NameKind::Namespace, NameKind::Own];
        let declared = kinds
            .into_iter()
            .flat_map(|kind| in_manifests(&self.manifests, kind));
        let known = NAMESPACES.iter().copied().chain(declared).collect();
        let mut found = Vec::new();
        for file in &self.scenarios {
            let check = Kind::Namespace.near(&file.source, &known);
            found.extend(file.namespaces.iter().filter_map(check).map(kind::warning));
        }
        for file in &self.manifests {
            let check = Kind::Namespace.near(&file.source, &known);
            let entered = file.entered_namespaces.iter();
            found.extend(entered.filter_map(check).map(kind::warning));
        }
        found
    }

    /// Returns the names that a name of this kind in a manifest can be.
    fn known(&self, kind: NameKind) -> BTreeSet<&str> {
        let namespaces = NAMESPACES.iter().copied();
        let called = operations().chain(in_manifests(&self.manifests, NameKind::Bound));
        match kind {
            NameKind::Capability => capabilities().chain(self.needed()).collect(),
            NameKind::Bound => operations_and_events().collect(),
            NameKind::Namespace => namespaces.collect(),
            NameKind::Event => EVENTS.iter().map(|event| event.name).collect(),
            NameKind::Credential => credentials().collect(),
            NameKind::Operation => called.collect(),
            NameKind::Part => called
                .chain(namespaces)
                .chain(CREDENTIALS.iter().copied())
                .chain(IMPLIED)
                .collect(),
            NameKind::Own => BTreeSet::new(),
        }
    }

    /// Returns true if a scenario of the run uses a name of a manifest. Users can define operations and credentials of
    /// their own, so such a name is no mistake.
    fn is_used(&self, kind: NameKind, mention: &Mention) -> bool {
        let mut files = self.scenarios.iter();
        match kind {
            NameKind::Bound
            | NameKind::Event
            | NameKind::Namespace
            | NameKind::Operation
            | NameKind::Part => files.any(|file| file.has_word(&mention.name)),
            NameKind::Credential => {
                let mut presented = files.flat_map(|file| &file.credentials);
                presented.any(|credential| credential.name == mention.name)
            }
            NameKind::Capability | NameKind::Own => false,
        }
    }

    /// Returns the capabilities that scenarios need and that neither sockspec nor a manifest of the run declares.
    pub(super) fn undeclared(&self) -> BTreeSet<&str> {
        let known: BTreeSet<&str> = capabilities().chain(self.provided()).collect();
        self.needed().filter(|need| !known.contains(need)).collect()
    }

    fn needed(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().flat_map(|file| &file.needs).map(name)
    }

    fn provided(&self) -> impl Iterator<Item = &str> {
        in_manifests(&self.manifests, NameKind::Capability)
    }
}
