//! A run that could not begin, and the record for its reports.

use std::sync::Arc;

use super::{error::CliError, recording::Recording};
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
    /// The file with the record of the run; `None` if the run failed before it was begun.
    pub(super) recording: Option<Recording>,
}

impl<E: Into<CliError>> From<E> for Box<Failed> {
    fn from(error: E) -> Self {
        Self::new(Failed {
            error: error.into(),
            record: None,
            recording: None,
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
            target_version: manifest.version.clone(),
            url: manifest.url.clone(),
            provides: match error {
                // The probe found nothing.
                CliError::Probe(_) => Vec::new(),
                _ => manifest.provides.iter().cloned().collect(),
            },
            scenarios: plan.items.len(),
            jobs: settings.jobs,
            seed: settings.seed,
            requirements: runner::requirements_of(&plan.items, &settings.requirements),
        };
        let reason = error.to_string();
        Box::new(Self {
            record: Some(runner::record_unstarted(
                &plan,
                info,
                &reason,
                &target.secrets,
            )),
            recording: None,
            error,
        })
    }

    /// Adds the file with the record of the run, which was begun before the run failed.
    pub(super) fn recorded_in(mut self: Box<Self>, recording: Recording) -> Box<Self> {
        self.recording = Some(recording);
        self
    }
}
