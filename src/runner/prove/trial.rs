//! Trials. A trial is one run of a scenario in `sockspec prove`: without a fault, with one fault, or without the step
//! that causes the end of a connection.

use std::{collections::BTreeSet, sync::Arc};

use super::control::control;
use crate::{
    net::Network,
    reference::FaultSet,
    runner::{
        plan::Item,
        play::{load::Load, play},
        record::outcome::Outcome,
        running_target::host::{Host, StartError, Target},
        settings::Settings,
    },
    scenario::{Scenario, Tier},
    targets::Profile,
};

/// One run of a scenario in `sockspec prove`.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// The scenario, on the transport on which it runs.
    pub(in crate::runner) item: Arc<Item>,
    /// What the trial changes in the server or the scenario.
    pub(in crate::runner) change: Change,
    target: Target,
}

/// What a trial changes in the server or the scenario.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Nothing: the scenario has to pass.
    Nothing,
    /// The server has this fault: the scenario has to fail.
    Fault(String),
    /// The scenario leaves out the step that causes the end of a connection: it has to fail.
    Control {
        /// The scenario without the step that causes the end of a connection.
        scenario: Arc<Scenario>,
        /// The line of the step that is left out.
        left_out: usize,
    },
}

/// Returns the trials of all items. Trials of slow scenarios come first.
pub(super) fn trials(items: &[(Arc<Item>, Target)]) -> Vec<Trial> {
    // A control is the scenario without the step that causes the end of a connection. All rows of a scenario table have
    // the same steps, so the control of the first row is enough.
    let mut controlled = BTreeSet::new();
    let (slow, quick): (Vec<_>, Vec<_>) = items
        .iter()
        .partition(|(item, _)| item.scenario.tier == Tier::Slow);
    let mut trials = Vec::new();
    for (item, target) in slow.into_iter().chain(quick) {
        let scenario = &item.scenario;
        let is_first_row = controlled.insert((&scenario.source.path, scenario.span.start));
        let control = is_first_row.then(|| control(scenario)).flatten();
        let control = control.map(|(scenario, left_out)| Change::Control {
            scenario: Arc::new(scenario),
            left_out,
        });
        let faults = scenario.catches.iter().cloned().map(Change::Fault);
        let changes = std::iter::once(Change::Nothing)
            .chain(faults)
            .chain(control);
        trials.extend(changes.map(|change| Trial {
            item: Arc::clone(item),
            change,
            target: target.clone(),
        }));
    }
    trials
}

/// Returns the profile with a connect timeout of one second, unless the profile sets its own. The server then ends
/// connections that have joined no namespace after a second.
///
/// A control (the scenario without the step that causes the end of a connection) runs on such a server, to show that
/// its scenario does not mistake the connect timeout for the end that it waits for.
fn hasty(profile: Option<&Profile>) -> Profile {
    let mut hasty = profile.cloned().unwrap_or_default();
    // If the profile sets the variable itself, its entry comes later in the list and replaces this one.
    let setting = ("CONNECT_TIMEOUT".to_owned(), "1000".to_owned());
    hasty.env.insert(0, setting);
    hasty
}

impl Trial {
    /// Runs the scenario against a reference server of its own.
    ///
    /// # Errors
    ///
    /// Returns an error if the server can't be started.
    pub(in crate::runner) async fn run(self, settings: &Settings) -> Result<Outcome, StartError> {
        let mut item = (*self.item).clone();
        let is_control = matches!(self.change, Change::Control { .. });
        let fault = match self.change {
            Change::Nothing => None,
            Change::Fault(fault) => Some(fault),
            Change::Control { scenario, .. } => {
                item.scenario = scenario;
                None
            }
        };
        let faults = FaultSet::from_ids(fault.as_deref()).unwrap_or_default();
        let target = Target {
            host: Host::Embedded(Box::new(faults)),
            ..self.target
        };
        let profiles = &target.manifest.profiles;
        let profile = item.profile.and_then(|index| profiles.get(index));
        let hasty = is_control.then(|| hasty(profile));
        let instance = target.start(hasty.as_ref().or(profile), settings).await?;
        let outcome = play(&item, &instance.live, settings, &Load::default(), |_| {})
            .await
            .outcome;
        instance.stop().await;
        Ok(outcome)
    }

    /// Returns the same trial, but with its server on another network: TCP or memory.
    pub(in crate::runner) fn on(mut self, network: Network) -> Self {
        self.target.network = network;
        self
    }
}
