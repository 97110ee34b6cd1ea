//! Ids that a scenario names and that must exist elsewhere: requirements, faults, invariants.

use super::scenario::ScenarioReader;
use crate::{
    scenario::{fields::Fields, invariant::INVARIANTS},
    text::{did_you_mean, one_of},
};

impl ScenarioReader<'_, '_> {
    pub(super) fn verifies(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let Some(field) = fields.get("verifies") else {
            return Vec::new();
        };
        let texts = field.texts(self.problems);
        if let Some(requirements) = self.known.requirements {
            for (id, item) in &texts {
                let entry = requirements.entries.get(*id);
                if let Some(reason) = entry.and_then(|entry| entry.untested.as_deref()) {
                    self.problems
                        .error(
                            "untested-requirement",
                            item.node.span,
                            format!("the catalogue says that `{id}` is untested: {reason}"),
                        )
                        .help = Some(
                        "a requirement is verified or says why not: take `untested` out of its entry"
                            .to_owned(),
                    );
                }
                if entry.is_none() {
                    let near = did_you_mean(id, requirements.entries.keys().map(String::as_str));
                    self.problems
                        .error(
                            "unknown-requirement",
                            item.node.span,
                            format!("there is no requirement `{id}`"),
                        )
                        .help = near
                        .or_else(|| Some("requirements stand in specs/requirements/".to_owned()));
                }
            }
        }
        texts.into_iter().map(|(id, _)| id.to_owned()).collect()
    }

    pub(super) fn catches(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let Some(field) = fields.get("catches") else {
            return Vec::new();
        };
        let texts = field.texts(self.problems);
        if let Some(faults) = self.known.faults {
            for (id, item) in &texts {
                if !faults.contains(id) {
                    self.problems
                        .error(
                            "unknown-fault",
                            item.node.span,
                            format!("the reference server has no fault `{id}`"),
                        )
                        .help = did_you_mean(id, faults.iter().copied());
                }
            }
        }
        texts.into_iter().map(|(id, _)| id.to_owned()).collect()
    }

    pub(super) fn without(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let Some(field) = fields.get("without") else {
            return Vec::new();
        };
        let texts = field.texts(self.problems);
        for (id, item) in &texts {
            let ids = || INVARIANTS.iter().map(|invariant| invariant.id);
            let meant = format!("invariant/{}", id.trim_start_matches("invariant/"));
            if !ids().any(|known| known == *id) {
                self.problems
                    .error(
                        "unknown-invariant",
                        item.node.span,
                        format!("there is no invariant `{id}`"),
                    )
                    .help = Some(
                    did_you_mean(&meant, ids())
                        .unwrap_or_else(|| format!("there are {}", one_of(ids()))),
                );
            }
        }
        texts.into_iter().map(|(id, _)| id.to_owned()).collect()
    }
}
