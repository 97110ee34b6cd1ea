//! A run that could not begin, and the record for its reports.

use std::sync::Arc;

use super::error::CliError;
use crate::{
    runner::{self, Plan, Record, RunInfo, Settings, Target},
    scenario::Scenario,
    targets::Masked,
};

/// A run that could not begin.
pub(super) struct Failed {
    /// The error that ends the command.
    pub(super) error: CliError,
    /// The record for the reports; `None` if the run has no reports, because of a mistake of the user or an interrupt.
    pub(super) record: Option<Masked<Record>>,
}

impl<E: Into<CliError>> From<E> for Box<Failed> {
    fn from(error: E) -> Self {
        Self::new(Failed {
            error: error.into(),
            record: None,
        })
    }
}

impl Failed {
    /// Returns the failure of a run whose target can't be started or reached. In its record, no scenario has run.
    pub(super) fn unstarted(
        scenarios: &[Arc<Scenario>],
        target: &Target,
        settings: &Settings,
        error: CliError,
    ) -> Box<Self> {
        let manifest = &target.manifest;
        let plan = Plan::new(scenarios, manifest, settings);
        let info = RunInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: manifest.name.clone(),
            url: manifest.url.clone(),
            provides: match error {
                // The probe found nothing.
                CliError::Probe(_) => Vec::new(),
                _ => manifest.provides.iter().cloned().collect(),
            },
            scenarios: plan.items.len(),
            jobs: settings.jobs,
            seed: settings.seed,
        };
        let reason = error.to_string();
        Box::new(Self {
            record: Some(runner::record_unstarted(
                &plan,
                info,
                &reason,
                &target.secrets,
            )),
            error,
        })
    }
}
